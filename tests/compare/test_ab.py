"""A live comparison on real sockets: two gateways, one mock, blocks in pairs."""

from pathlib import Path

import numpy as np
import pytest

from harness.cli import main
from harness.compare.ab import Arms, judge_live
from harness.compare.design import phase_name
from harness.compare.live import read_design
from harness.plan.reader import PlanError
from harness.record import read_table
from tests.end_to_end.driving import command


@pytest.mark.slow
def test_both_arms_get_the_same_streams_and_every_one_is_kept(tmp_path: Path):
    words = ["--pairs", "5", "--streams", "20", "--rate", "40", "--rest", "0.8", "--max-tokens", "8"]
    done = command(tmp_path, "compare", *words, "--gate", "ttft_user p50", "--gate", "failure_share")
    assert done.code in (0, 1, 2, 3), done.output
    assert "VERDICT" in done.output
    [root] = (tmp_path / "runs").glob("2*")
    design = read_design((root / "compare.json").read_bytes())
    streams, ledger = read_table(root / "streams.parquet"), read_table(root / "ledger.parquet")
    assert len(streams) == len(design.blocks) * design.block
    joined = streams.merge(ledger, on="stream", suffixes=("", "_up"))
    for pair in range(design.pairs):
        arms = [
            joined[joined.phase == phase_name(pair, arm)].sort_values("stream")
            for arm in ("baseline", "candidate")
        ]  # type: ignore[arg-type]
        planned = [arm.planned_tokens.to_numpy() for arm in arms]
        assert planned[0].tolist() == planned[1].tolist()
        assert np.array_equal(*(arm.prefill_us.to_numpy() for arm in arms))
        assert set(arms[0].cohort) == {""}
    again = judge_live(root)
    assert again.compare is not None
    assert [check.id for check in again.checks] == ["compare ttft_user p50", "compare failure_share"]
    assert main(["gate", str(root)]) == done.code
    assert main(["compare", str(root)]) == done.code


@pytest.mark.parametrize(
    "wrong",
    [
        {"baseline": "http://x", "baseline_command": "a {port}"},
        {"candidate": "localhost:80"},
        {"baseline_command": "serve"},
    ],
)
def test_arms_that_cannot_be_started_are_refused(wrong: dict[str, str]):
    with pytest.raises(PlanError, match=r"not both|begins with|\{port\}"):
        Arms(**wrong)


@pytest.mark.parametrize("word", ["{mock}", "{0}", "{"])
def test_a_place_that_a_command_cannot_fill_is_named_with_those_it_can(
    word: str, capsys, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "--baseline-command", f"old --port {{port}} {word}"]) == 4
    said = " ".join(capsys.readouterr().err.split())
    assert "--baseline-command" in said
    assert "{port}, {provider} and {python}" in said
