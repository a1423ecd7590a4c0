"""What was built out of runs is rendered as what it is, not as a run."""

from pathlib import Path

import msgspec
import pytest

from harness.cli import main
from harness.compare.ab import judge_live
from harness.summary import Comparison
from reports import json_report
from tests.compare.blocks_run import DESIGN, blocks
from tests.compare.stored_folder import write_folder
from tests.sample import sample_summary


@pytest.mark.slow
def test_a_comparison_of_stored_runs_keeps_its_verdict(tmp_path: Path):
    summary = sample_summary()
    summary.compare = Comparison(mode="offline", design="two stored runs", baseline="a", candidate="b")
    summary.verdict.state, summary.verdict.exit_code = "INCONCLUSIVE", 3
    (tmp_path / "summary.json").write_bytes(json_report.encode(summary))
    assert main(["report", str(tmp_path)]) == 3
    again = json_report.decode((tmp_path / "summary.json").read_bytes())
    assert again.compare == summary.compare
    assert (tmp_path / "report.html").is_file()


@pytest.mark.slow
def test_a_live_comparison_is_judged_again_as_one(tmp_path: Path):
    root = write_folder(tmp_path / "run", blocks().run)
    (root / "compare.json").write_bytes(msgspec.json.encode(DESIGN))
    compared = judge_live(root)
    assert main(["report", str(root)]) == compared.verdict.exit_code
    again = json_report.decode((root / "summary.json").read_bytes())
    assert again.compare == compared.compare
    assert again.run.command == compared.run.command


@pytest.mark.slow
def test_an_overlay_that_cannot_be_written_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for name in ("one", "two"):
        summary = sample_summary()
        summary.compare = Comparison(mode="offline", design="two stored runs", baseline="a", candidate="b")
        (tmp_path / name).mkdir()
        (tmp_path / name / "summary.json").write_bytes(json_report.encode(summary))
    folders = [str(tmp_path / name) for name in ("one", "two")]
    assert main(["report", *folders, "--overlay", str(tmp_path)]) == 4
    assert capsys.readouterr().err == (
        f"streamproof: {tmp_path}: cannot be written: Is a directory; name another file with --overlay\n"
    )
