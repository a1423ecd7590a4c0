"""What the pages about the audit say must be so."""

import re
from pathlib import Path
from typing import get_args, get_origin

import msgspec
import pytest

from harness.checks import audit
from harness.plan.audited import Audited
from harness.plan.reader import load_as
from reports.scorecard import manual

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
CHECKS = (ROOT / "docs" / "audit-checks.md").read_text(encoding="utf-8")
FILES = [block for block in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL) if "target:" in block]
HEADINGS = re.findall(r"^## (\w+)$", CHECKS, re.MULTILINE)


@pytest.mark.parametrize("text", FILES, ids=["shortest", "whole", "nginx"])
def test_every_target_file_of_the_guide_is_one(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    assert load_as(path, Audited).target.url is not None


def keys(kind: type[msgspec.Struct]) -> set[str]:
    """Every key that a file of this kind may have, at any depth."""
    found = set()
    for field in msgspec.structs.fields(kind):
        found.add(field.encode_name)
        kinds = get_args(field.type) if get_origin(field.type) else (field.type,)
        for one in kinds:
            if isinstance(one, type) and issubclass(one, msgspec.Struct):
                found |= keys(one)
    return found


def test_the_guide_tells_every_key_of_a_target_file() -> None:
    whole = FILES[1]
    elsewhere = {
        "limits",
        "connections",
        "prompts",
        "whole_path",
    }  # of a run's target, without meaning for an audit
    of_limits = {"connect_s", "headers_s", "first_content_s", "idle_s"}
    missing = {key for key in keys(Audited) if not re.search(rf"\b{key}:", whole)}
    assert missing - elsewhere - of_limits == set()


def test_every_check_has_a_section_and_every_section_a_check() -> None:
    assert sorted(HEADINGS) == audit.names()


def test_the_page_lists_every_check_in_its_group() -> None:
    rows = re.findall(r"^\| (\w+) \| [^|]*\? \| (.*) \|$", CHECKS, re.MULTILINE)
    listed = {(group, id) for group, cell in rows for id in re.findall(r"\(#(\w+)\)", cell)}
    assert listed == {(audit.load(name).group, name) for name in audit.names()}


@pytest.mark.parametrize("name", audit.names())
def test_what_a_check_links_to_is_there_and_says_something(name: str) -> None:
    page, _, anchor = audit.load(name).doc.partition("#")
    assert (ROOT / "docs" / page).is_file()
    assert anchor in HEADINGS
    assert len(manual.sections()[anchor]) > 200
