"""The lock files belong to pyproject.toml; `make lock` writes them."""

import re
import tomllib
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


def test_tests_run_on_the_versions_that_users_get():
    assert locked(RUN) <= locked(DEV), "run `make lock`"


@pytest.mark.parametrize("text", [RUN, DEV], ids=["requirements.lock", "requirements-dev.lock"])
def test_every_requirement_has_hashes_and_no_index_is_named(text: str):
    for requirement in re.split(r"\n(?=[\w])", text)[1:]:
        assert "--hash=sha256:" in requirement, requirement.splitlines()[0]
    assert not re.search(r"https?://|^-", text, re.MULTILINE)
