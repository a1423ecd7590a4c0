"""What an audit leaves in its folder."""

from pathlib import Path

import pytest

from reports.clean import shown
from reports.scorecard.write import is_audit, read, write_all
from tests.reports.scorecard.examples import broken, hostile, kept


@pytest.mark.parametrize("example", [kept, broken, hostile])
def test_what_is_written_is_read_back_and_written_again_the_same(example, tmp_path: Path) -> None:
    files = write_all(example(), tmp_path / "a")
    assert [path.name for path in files] == ["audit.json", "audit.html", "junit.xml", "comment.md"]
    card = read(tmp_path / "a")
    assert card == shown(example())
    again = write_all(card, tmp_path / "b")
    assert [path.read_bytes() for path in files] == [path.read_bytes() for path in again]


def test_a_folder_of_an_audit_is_known_by_its_scorecard(tmp_path: Path) -> None:
    assert not is_audit(tmp_path)
    write_all(kept(), tmp_path)
    assert is_audit(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"schema": "streamproof.report/1"}', '{"schema": "streamproof.audit/2"}']
)
def test_a_file_that_is_no_scorecard_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "audit.json").write_text(text, "utf-8")
    with pytest.raises(ValueError, match=r"audit\.json: this is not a scorecard of streamproof\.audit/1"):
        read(tmp_path)
