"""Families whose members are found by the names of their files."""

import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from harness.named import Family, files

FILES = {
    "__init__.py": "",
    "oak.py": "TREE = 'an oak'",
    "elm.py": "TREE = 'an elm'",
    "soil.py": "from tests_named import never",  # breaks whoever imports it
    "forest/__init__.py": "TREE = 'many'",
    "notes.txt": "TREE = 'none'",
}
_NUMBER = count()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package whose name no other test has; what was imported of it is forgotten."""
    place = tmp_path / f"streamproof_trees_{next(_NUMBER)}"
    (place / "forest").mkdir(parents=True)
    for name, text in FILES.items():
        (place / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield place
    for name in [name for name in sys.modules if name.split(".")[0] == place.name]:
        del sys.modules[name]


def test_files_are_modules_in_order_and_none_is_imported(folder: Path):
    assert files(folder.name) == ["elm", "oak", "soil"]


def test_a_member_is_loaded_without_its_neighbours(folder: Path):
    assert Family[str](folder.name, "TREE").load("oak") == "an oak"
    assert f"{folder.name}.elm" not in sys.modules


def test_a_room_that_members_share_is_no_member(folder: Path):
    (folder / "soil.py").write_text("DEPTH_M = 2", encoding="utf-8")
    family = Family[str](folder.name, "TREE")
    assert family.names() == ["elm", "oak"]
    with pytest.raises(KeyError, match="soil"):
        family.load("soil")


@pytest.mark.parametrize("name", ["ash", "forest", "", "oak.py", ".oak", "notes", "__init__"])
def test_what_no_file_has_is_not_found(folder: Path, name: str):
    with pytest.raises(KeyError):
        Family[str](folder.name, "TREE").load(name)


def test_a_new_file_is_all_that_a_new_member_takes(folder: Path):
    (folder / "soil.py").unlink()
    (folder / "yew.py").write_text("TREE = 'a yew'", encoding="utf-8")
    family = Family[str](folder.name, "TREE")
    assert {name: family.load(name) for name in family.names()} == {
        "elm": "an elm",
        "oak": "an oak",
        "yew": "a yew",
    }


def test_a_broken_file_is_not_passed_over(folder: Path):
    with pytest.raises(ModuleNotFoundError, match="tests_named"):
        Family[str](folder.name, "TREE").names()


def test_the_names_that_are_given_out_are_the_callers_own(folder: Path):
    (folder / "soil.py").unlink()
    family = Family[str](folder.name, "TREE")
    family.names().clear()
    assert family.names() == ["elm", "oak"]
