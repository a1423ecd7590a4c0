"""The lock files belong to pyproject.toml; `make lock` writes them."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUN, DEV = ((ROOT / f"requirements{kind}.lock").read_text(encoding="utf-8") for kind in ("", "-dev"))


def pins(lines: list[str]) -> set[str]:
    """`name==version` of each requirement, with names as PyPA normalises them."""
    found = set()
    for line in lines:
        name, version = line.split("==")
        found.add(f"{re.sub(r'[-_.]+', '-', name).lower()}=={version}")
    return found


def locked(text: str) -> set[str]:
    return pins(re.findall(r"^([\w.-]+==[\w.]+) \\$", text, re.MULTILINE))


def test_what_the_project_needs_is_locked_as_it_is_pinned():
    project = PROJECT["project"]
    needed = pins(project["dependencies"] + PROJECT["build-system"]["requires"])
    assert needed <= locked(RUN), "run `make lock`"
    assert pins(project["optional-dependencies"]["dev"]) <= locked(DEV), "run `make lock`"


def imported() -> set[str]:
    """Top-level names of everything that our code and our tests import and that is not ours or Python's."""
    ours = [folder for folder in ROOT.iterdir() if (folder / "__init__.py").is_file()]
    found = set()
    for path in (file for folder in ours for file in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                found.add(str(node.module).partition(".")[0])
    return found - set(sys.stdlib_module_names) - {folder.name for folder in ours}


def test_whatever_is_imported_comes_from_the_lock():
    known = {pin.partition("==")[0] for pin in locked(DEV)}
    come_from = packages_distributions()
    strangers = {
        name
        for name in imported()
        if not {re.sub(r"[-_.]+", "-", d).lower() for d in come_from.get(name, [])} & known
    }
    assert strangers == set()


def test_tests_run_on_the_versions_that_users_get():
    assert locked(RUN) <= locked(DEV), "run `make lock`"


@pytest.mark.parametrize("text", [RUN, DEV], ids=["requirements.lock", "requirements-dev.lock"])
def test_every_requirement_has_hashes_and_no_index_is_named(text: str):
    for requirement in re.split(r"\n(?=[\w])", text)[1:]:
        assert "--hash=sha256:" in requirement, requirement.splitlines()[0]
    assert not re.search(r"https?://|^-", text, re.MULTILINE)
