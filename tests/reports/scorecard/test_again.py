"""`streamproof report` on the folder of an audit."""

from pathlib import Path

import pytest

from harness.cli import main
from reports.scorecard.write import write_all
from tests.reports.scorecard.examples import broken, kept


def test_an_audit_is_rendered_again_with_its_own_exit_code(tmp_path: Path, capsys) -> None:
    files = write_all(broken(), tmp_path / "a")
    before = [path.read_bytes() for path in files]
    for path in files[1:]:
        path.unlink()
    assert main(["report", str(tmp_path / "a")]) == 1
    assert [path.read_bytes() for path in files] == before
    assert "AUDIT  ✕ FAIL" in capsys.readouterr().out


def test_of_several_audits_the_worst_code_counts_and_nothing_is_laid_over(tmp_path: Path, capsys) -> None:
    write_all(broken(), tmp_path / "a")
    write_all(kept(), tmp_path / "b")
    assert main(["report", str(tmp_path / "b"), str(tmp_path / "a")]) == 1
    assert "overlay" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "a/audit.json: this is not a scorecard of streamproof.audit/1"),
        (["--format", "csv"], "a: an audit always leaves its formats; --format is for runs"),
    ],
)
def test_what_cannot_be_rendered_is_told(words: list[str], told: str, tmp_path: Path, capsys) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "audit.json").write_text("{", "utf-8")
    assert main(["report", str(tmp_path / "a"), *words]) == 4
    assert told in capsys.readouterr().err
