"""A load as a plan, and what its streams decide."""

import pytest

from harness.capacity.pace import Pace
from harness.capacity.probe import (
    Settings,
    describe,
    is_saturated,
    judge_probe,
    probe_plan,
    step_seconds,
    template,
)
from harness.judge import judge
from harness.metrics.join import join
from harness.plan.reader import PlanError
from harness.plan.slo import parse_slo
from tests.capacity.probed import CLOSED, OPEN, PACE, SLO, probed, searched
from tests.synthetic import Scene, at, plan

OBJECTIVES = [parse_slo(text) for text in SLO]


def test_the_first_steady_phase_with_objectives_is_searched():
    assert template(searched()).name == "offered"
    with pytest.raises(PlanError, match="no steady phase states an slo"):
        template(plan())


def test_a_probe_settles_before_it_counts():
    made = probe_plan(searched(), OPEN, 12.0, 30.0, Pace(4.0, 1.0), 9)
    settle, probe = made.phases
    assert (settle.kind, settle.duration_s, settle.slo) == ("warm_up", 12.0, [])
    assert (probe.kind, probe.duration_s, probe.slo) == ("steady", 30.0, SLO)
    assert settle.load == probe.load
    assert (probe.load.rate, probe.load.users, made.seed) == (12.0, None, 9)


def test_users_are_searched_in_a_closed_loop():
    load = probe_plan(searched(), CLOSED, 12.0, 30.0, PACE, 9).phases[1].load
    assert (load.users, load.rate) == (12, None)


def test_a_step_lasts_long_enough_for_its_streams_its_system_and_its_user():
    assert step_seconds(OPEN, 130, 8.0, PACE) == 18
    assert step_seconds(OPEN, 130, 100.0, PACE) == 10
    assert step_seconds(OPEN, 130, 100.0, Pace(4.0, 1.0)) == 40


def test_nobody_waits_for_streams_by_a_guess():
    assert step_seconds(CLOSED, 662, 1.0, Pace(2.0, 0.3, guessed=True)) == 20
    assert step_seconds(OPEN, 662, 10.0, Pace(2.0, 1.0, guessed=True)) == 73  # how many arrive is known


@pytest.mark.parametrize(
    ("streams", "slow", "decision"),
    [(200, 0, "PASS"), (130, 1, "PASS"), (130, 2, "UNDECIDED"), (130, 14, "FAIL"), (60, 0, "UNDECIDED")],
)
def test_the_table_decides(streams: int, slow: int, decision: str):
    found, counts, _ = judge_probe([probed(streams, slow=slow)], OBJECTIVES, OPEN)
    assert found == decision
    assert counts == {"ttft_user p95 < 500 ms": slow, "success_share >= 0.95": 0}


def test_runs_of_one_probe_are_counted_together():
    runs = [probed(130, slow=2), probed(268, slow=3)]
    assert judge_probe(runs, OBJECTIVES, OPEN)[0] == "PASS"


@pytest.mark.parametrize(
    ("failing", "decision"), [(0, "PASS"), (1, "PASS"), (5, "UNDECIDED"), (14, "FAIL"), (60, "FAIL")]
)
@pytest.mark.parametrize("wanted", ["rate_limited_share <= 0.05", "success_share >= 0.95"])
def test_a_share_is_decided_by_the_same_table(wanted: str, failing: int, decision: str):
    found, counts, _ = judge_probe([probed(130, failing=failing)], [parse_slo(wanted)], OPEN)
    assert (found, counts) == (decision, {wanted: failing})


def test_an_objective_on_pooled_gaps_is_judged_by_its_check():
    wanted = "gap p99 < 5 ms"
    joined = probed(700, slo=[wanted])
    assert judge_probe([joined], [parse_slo(wanted)], OPEN) == ("FAIL", {}, False)
    relaxed = "gap p99 < 50 ms"
    assert judge_probe([probed(700, slo=[relaxed])], [parse_slo(relaxed)], OPEN)[0] == "PASS"


def test_what_cannot_be_counted_is_asked_once_and_last():
    wanted = ["ttft_user p95 < 500 ms", "gap p99 < 5 ms"]
    objectives = [parse_slo(text) for text in wanted]
    open_still = probed(130, slow=5, slo=wanted)
    passing = probed(662, slo=wanted)
    assert judge_probe([open_still], objectives, OPEN)[0] == "UNDECIDED"
    assert judge_probe([open_still, passing], objectives, OPEN)[0] == "FAIL"
    used_up = [probed(n, slow=slow, slo=wanted) for n, slow in ((130, 5), (268, 12), (900, 30))]
    assert judge_probe(used_up[:2], objectives, OPEN)[0] == "UNDECIDED"
    assert judge_probe(used_up, objectives, OPEN)[0] == "FAIL"


def test_what_cannot_be_counted_is_asked_of_the_run_with_most_streams():
    wanted = ["ttft_user p95 < 500 ms", "gap p99 < 50 ms"]
    objectives = [parse_slo(text) for text in wanted]
    runs = [probed(n, slow=slow, slo=wanted) for n, slow in ((662, 30), (130, 0), (130, 0))]
    assert judge_probe(runs[:2], objectives, OPEN)[0] == "UNDECIDED"
    assert judge_probe(runs, objectives, OPEN)[0] == "PASS"


def test_a_queue_that_grows_fails_although_its_p95_is_still_good():
    joined = probed(400, growing=True, seconds=45.0)
    relaxed = [parse_slo("ttft_user p95 < 60 s")]
    assert not is_saturated(joined, relaxed)
    assert is_saturated(joined, OBJECTIVES)
    assert judge_probe([joined], OBJECTIVES, OPEN)[0] == "FAIL"
    assert not is_saturated(probed(400, seconds=45.0), OBJECTIVES)


def test_a_probe_is_described_in_numbers():
    joined = probed(200, seconds=40.0)
    found = describe([joined], [judge(joined.run)], 5.0, OPEN, [])
    assert (found.decision, found.streams, found.looks, found.limited_by) == ("PASS", 200, 1, "")
    assert found.throughput == pytest.approx(5.0)
    assert found.ttft_p95_ms == pytest.approx(120, abs=1)
    assert found.provider_ttft_p50_ms is not None
    assert found.in_flight is not None
    assert found.in_flight > 0


@pytest.mark.parametrize("wrong", [{"step_s": 0}, {"inflation": 0.5}, {"ratio": 1.0}, {"sure": 0.5}])
def test_settings_without_sense_are_refused(wrong: dict[str, float]):
    with pytest.raises(ValueError, match="step must be positive"):
        Settings(unit="users", **wrong)  # type: ignore[arg-type]


def test_a_run_that_broke_before_its_probe_began_is_a_step_without_numbers():
    scene = Scene(probe_plan(searched(), OPEN, 8.0, 40.0, PACE, 7))
    scene.facts |= {"ended_ns": at(1.0), "interrupted": True, "died": ["the gateway died (status -9)"]}
    run = scene.run()
    run.timeline[:] = [entry for entry in run.timeline if entry.t_ns <= at(1.0)]
    joined = join(run)
    found = describe([joined], [judge(run)], 8.0, OPEN, [])
    assert (found.decision, found.limited_by, found.streams) == ("INVALID", "harness", 0)
    assert found.why == "the gateway died (status -9)"
    assert (found.in_flight, found.throughput, found.goodput_ratio, found.ttft_p95_ms) == (None,) * 4
