"""Two stored runs: what may be compared, what is gated, what is only shown."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from harness.compare.comparability import comparability, differences
from harness.compare.gates import Rule, judge_gates
from harness.compare.offline import compare_stored
from harness.compare.result import summarise, verdict_of
from harness.compare.stored import compare_runs, history_gate, share_gate
from harness.judge import judge
from harness.metrics.join import join
from harness.metrics.run_data import RunData
from harness.run_folder import RunFolderError
from harness.summary import Comparison, Gate
from tests.compare.stored_folder import write_folder
from tests.sample import sample_summary
from tests.synthetic import Scene, plan

RUN = sample_summary().run
ENV = {"machine": "x86_64", "cpus": 2, "kernel": "6.1", "versions": {"streamproof": "0.1.0"}}


def stored(
    *, failing: int = 0, slower: float = 1.0, swapped: int = 0, env: dict[str, object] = ENV,
    interrupted: bool = False, **keys: object,
) -> RunData:  # fmt: skip
    scene = Scene(plan(**keys))
    rng = np.random.default_rng(3)
    for stream in range(1, 301):
        dead = stream <= failing
        row = scene.stream(
            stream, stream * 0.05, ttft_ms=float(rng.lognormal(5.3, 0.3)) * slower, gaps_ms=20.0,
            tokens=0 if dead else 20,
            **({"outcome": "reset", "close_after_ms": 40.0} if dead else {}),
            **({"outcome": "corrupt", "crosstalk": 1} if 100 < stream <= 100 + swapped else {}),
        )  # fmt: skip
        scene.served(row)
    scene.seconds_of_host(20)
    scene.facts |= {"env": env, "interrupted": interrupted}
    return scene.run()


def compared(one: RunData, other: RunData, *history: RunData) -> Comparison:
    runs, summaries = (join(one), join(other)), (judge(one), judge(other))
    return compare_runs(runs, summaries, [join(run) for run in history], differences(one, other), Rule())


def test_the_same_plan_on_the_same_machine_may_be_compared():
    one, other = stored(), stored(target={"url": "http://127.0.0.1:9"}, name="other")
    assert differences(one, other) == []
    assert comparability(one) == comparability(other)


def test_the_plans_own_files_may_lie_in_another_checkout():
    def phases(folder: str) -> list[dict[str, object]]:
        load = {"trace": f"{folder}/times.txt"}
        return [{"name": "steady", "duration_s": 20.0, "scenario": f"{folder}/mine.py", "load": load}]

    one, other = (
        stored(target={"prompts": f"{folder}/prompts.jsonl"}, phases=phases(folder))
        for folder in ("/a", "/b")
    )
    assert differences(one, other) == []
    elsewhere = stored(target={"prompts": "/a/others.jsonl"}, phases=phases("/a"))
    assert differences(one, elsewhere) == ['plan.target.prompts: "prompts.jsonl" and "others.jsonl"']


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 8}, "plan.seed: 7 and 8"),
        ({"provider": {"models": {"mock-chat": {"ttft_ms": 5}}}}, "plan.provider.models.mock-chat.ttft_ms"),
        ({"env": ENV | {"cpus": 64}}, "machine.cpus: 2 and 64"),
        ({"env": ENV | {"versions": {"streamproof": "1.0"}}}, 'harness major version: "0" and "1"'),
        ({"phases": [{"name": "steady", "duration_s": 20.0, "load": {"users": 11}}]},
         "plan.phases[0].load.users: 10 and 11"),
    ],
    ids=["seed", "provider", "machine", "version", "load"],
)  # fmt: skip
def test_what_differs_is_named(change: dict[str, object], named: str):
    one, other = stored(), stored(**change)  # type: ignore[arg-type]
    assert any(named in text for text in differences(one, other))
    assert comparability(one) != comparability(other)


def test_many_differences_are_counted():
    phases = [{"name": f"p{n}", "duration_s": 1.0, "load": {"users": 1}} for n in range(20)]
    later = [{**phase, "load": {"users": 2}} for phase in phases]
    assert differences(stored(phases=phases), stored(phases=later))[-1] == "and 8 more"


def test_two_equal_runs_pass_and_a_faster_machine_changes_nothing():
    found = compared(stored(), stored(slower=1.4))
    assert found.mode == "offline"
    assert verdict_of(found, RUN) == "PASS"
    assert any(note.startswith("ttft_user p95") and "not gated" in note for note in found.notes)


def test_more_failures_fail():
    found = compared(stored(failing=2), stored(failing=20))
    assert {gate.metric: gate.state for gate in found.gates}["failure_share"] == "FAIL"
    assert verdict_of(found, RUN) == "FAIL"


def test_content_that_was_never_swapped_before_must_not_be_now():
    found = {gate.metric: gate for gate in compared(stored(), stored(swapped=1)).gates}
    assert found["integrity crosstalk"].state == "FAIL"
    assert found["integrity crosstalk"].why == "it never happened before"


def test_a_forced_comparison_is_advice_and_cannot_fail():
    found = compared(stored(), stored(failing=40, seed=8))
    summary = summarise(judge(stored()), found, "x")
    assert found.mode == "advisory"
    assert (summary.verdict.state, summary.verdict.exit_code) == ("INCONCLUSIVE", 3)
    assert "by itself it would be FAIL" in summary.verdict.sentences[0]
    assert "plan.seed" in summary.verdict.sentences[1]


def test_an_invalid_run_decides_nothing():
    dead = stored()
    dead = RunData(**{**vars(dead), "facts": msgspec.structs.replace(dead.facts, died=["the load died"])})
    assert verdict_of(compared(stored(), dead), RUN) == "INVALID"


def test_too_few_streams_are_inconclusive():
    [gate] = judge_gates([share_gate("x", (0, 99), (0, 300))], Rule())
    assert (gate.state, gate.why) == ("INCONCLUSIVE", "99 streams are too few; 100 are needed in either run")


def test_a_share_that_cannot_be_bounded_is_inconclusive():
    [gate] = judge_gates([share_gate("x", (5, 200), (6, 200))], Rule())
    assert gate.state == "INCONCLUSIVE"


def test_latency_is_gated_against_five_earlier_runs():
    earlier = [join(stored(slower=factor)) for factor in (0.99, 1.0, 1.01, 1.0, 0.995)]
    slow, same = (history_gate(join(stored(slower=factor)), earlier, Rule()) for factor in (1.2, 1.0))
    assert isinstance(slow, Gate)
    assert isinstance(same, Gate)
    assert (slow.state, same.state) == ("FAIL", "PASS")
    assert slow.effect == pytest.approx(0.2, abs=0.02)


def test_a_history_that_cannot_gate_says_why():
    earlier = [join(stored(slower=factor)) for factor in (0.99, 1.0, 1.01, 1.0)]
    said = history_gate(join(stored()), earlier, Rule())
    assert said == "ttft_user p95 is not gated: 4 earlier runs of 4 can tell it, and 5 are needed"
    assert "all alike" in str(history_gate(join(stored()), [join(stored())] * 5, Rule()))
    assert (
        compared(stored(), stored(), stored())
        .notes[-1]
        .startswith("ttft_user p95 is not gated: 1 earlier run")
    )
    assert not any("not gated:" in note for note in compared(stored(), stored()).notes)


@pytest.mark.parametrize(
    ("baseline", "candidate", "low", "high"),
    [((0, 120), (0, 120), -0.0524, 0.0524), ((120, 120), (120, 120), -0.0524, 0.0524),
     ((10, 1000), (10, 1000), -0.0131, 0.0131), ((0, 300), (6, 300), -0.0051, 0.0535)],
)  # fmt: skip
def test_the_interval_of_shares_knows_that_none_is_not_never(
    baseline: tuple[int, int], candidate: tuple[int, int], low: float, high: float
):
    gate = share_gate("failure_share", baseline, candidate)
    assert (gate.low, gate.high) == (pytest.approx(low, abs=2e-4), pytest.approx(high, abs=2e-4))


@pytest.mark.parametrize(
    ("baseline", "candidate", "state"),
    [((0, 120), (0, 120), "PASS"), ((5, 120), (0, 120), "PASS"), ((120, 120), (120, 120), "INCONCLUSIVE"),
     ((0, 120), (120, 120), "FAIL"), ((120, 120), (1, 120), "PASS"), ((0, 120), (1, 120), "INCONCLUSIVE")],
)  # fmt: skip
def test_shares_at_their_ends(baseline: tuple[int, int], candidate: tuple[int, int], state: str):
    [gate] = judge_gates([share_gate("failure_share", baseline, candidate)], Rule())
    assert gate.state == state


def test_a_run_is_not_compared_with_itself(tmp_path: Path):
    one, other = (write_folder(tmp_path / name, stored()) for name in ("a", "b"))
    with pytest.raises(RunFolderError, match="are the same run; name two"):
        compare_stored(one, tmp_path / "b" / ".." / "a", [], True, ["streamproof"])
    with pytest.raises(RunFolderError, match=r"--history .*/b: is the candidate itself"):
        compare_stored(one, other, [one, other], False, ["streamproof"])
    with pytest.raises(RunFolderError, match=r"--history .*/a: stands there twice"):
        compare_stored(one, other, [one, one], False, ["streamproof"])


def test_a_refusal_names_the_difference(tmp_path: Path):
    one = write_folder(tmp_path / "a", stored())
    other = write_folder(tmp_path / "b", stored(seed=8))
    with pytest.raises(RunFolderError, match=r"plan\.seed: 7 and 8"):
        compare_stored(one, other, [], False, ["streamproof"])
    summary, folder = compare_stored(one, other, [], True, ["streamproof", "compare"])
    assert summary.verdict.exit_code == 3
    assert folder.parent == other
    with pytest.raises(RunFolderError, match="--history"):
        compare_stored(one, write_folder(tmp_path / "c", stored()), [other], False, ["streamproof"])


def test_half_a_run_is_not_compared_with_a_whole_one(tmp_path: Path):
    half = write_folder(tmp_path / "half", stored(interrupted=True))
    whole = write_folder(tmp_path / "whole", stored())
    for one, other, which in ((half, whole, "baseline"), (whole, half, "candidate")):
        with pytest.raises(RunFolderError, match=f"the {which} was interrupted before its plan was done"):
            compare_stored(one, other, [], False, ["streamproof"])
    summary, _ = compare_stored(half, whole, [], True, ["streamproof"])
    assert summary.verdict.state == "INCONCLUSIVE"
