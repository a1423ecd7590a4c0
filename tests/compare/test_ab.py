"""A live comparison on real sockets: two gateways, one mock, blocks in pairs."""

from pathlib import Path

import numpy as np
import pytest

from harness.cli import main
from harness.compare import ab
from harness.compare.ab import Arms, Environment, compare_live, judge_live
from harness.compare.design import LOOK_ALPHA, Design, phase_name
from harness.compare.gates import Rule
from harness.compare.live import read_design
from harness.plan.reader import PlanError, load_plan
from harness.preflight import SCENARIOS
from harness.record import read_table
from harness.run_folder import RunFolder, RunFolderError
from harness.summary import State, Summary
from tests.end_to_end.driving import command
from tests.sample import sample_summary


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


class Recorded:
    """Stands in for the runs of a comparison: each ends in the next of `states`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, out: Path, states: list[State]) -> None:
        self.designs: list[Design] = []
        self._out, self._states = out, states
        monkeypatch.setattr(ab, "_run_blocks", self._run)
        monkeypatch.setattr(ab, "judge_live", self._judge)

    def _run(self, _plan: object, design: Design, *_: object) -> RunFolder:
        self.designs.append(design)
        return RunFolder(self._out / f"half-{len(self.designs)}")

    def _judge(self, _root: Path, _command: str) -> Summary:
        summary = sample_summary()
        summary.verdict.state = self._states[len(self.designs) - 1]
        return summary


@pytest.mark.parametrize(
    ("extend", "states", "runs"),
    [
        (True, ["INCONCLUSIVE", "INCONCLUSIVE"], 2), (True, ["INCONCLUSIVE", "PASS"], 2), (True, ["FAIL"], 1),
        (True, ["PASS"], 1), (True, ["INVALID"], 1), (False, ["INCONCLUSIVE"], 1),
    ],
)  # fmt: skip
def test_only_an_open_comparison_is_extended_once_and_only_if_that_was_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extend: bool, states: list[State], runs: int
):
    recorded = Recorded(monkeypatch, tmp_path, states)
    path = SCENARIOS / "steady.yaml"
    where = Environment(out=tmp_path, source=path, argv=["x"], tell=lambda _: None, show=lambda _: None)
    design = Design(extend=extend, rule=Rule(alpha=LOOK_ALPHA if extend else 0.01))
    arms = Arms(baseline="http://127.0.0.1:1", candidate="http://127.0.0.1:2")
    summary, folder = compare_live(load_plan(path), design, arms, where)
    assert summary.verdict.state == states[-1]
    assert folder.root.name == f"half-{runs}"
    first_page = tmp_path / "half-1" / "report.html"
    assert first_page.is_file() is (runs == 2)  # the last one's is written by the command
    assert [(one.first, one.extends) for one in recorded.designs] == [(0, ""), (20, "half-1")][:runs]


def test_an_extension_whose_first_half_is_gone_cannot_be_judged(tmp_path: Path):
    with pytest.raises(RunFolderError, match="holds the first half of this comparison and is gone"):
        ab._extended(tmp_path / "half-1")


@pytest.mark.slow
def test_a_comparison_that_stays_open_is_extended_with_further_pairs(tmp_path: Path):
    words = ["--pairs", "5", "--streams", "20", "--rate", "40", "--rest", "0.8", "--max-tokens", "4"]
    words += ["--min-effect", "0.01", "--limit", "0.02"]  # nobody passes that
    done = command(tmp_path, "compare", *words, "--gate", "ttft_user p50", "--extend")
    halves = sorted((tmp_path / "runs").glob("2*"))
    first = judge_live(halves[0])
    assert len(halves) == (2 if first.verdict.state == "INCONCLUSIVE" else 1), done.output
    last = judge_live(halves[-1])
    assert last.verdict.exit_code == done.code
    assert last.compare is not None
    assert last.compare.pairs == 5 * len(halves)
    assert {row["pair"] for row in last.compare.blocks} == set(range(5 * len(halves)))
    assert main(["gate", str(tmp_path / "runs")]) == done.code


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
