"""A load as a plan, and what its streams decide."""

import pytest

from harness.capacity.probe import (
    Pace,
    Settings,
    counted_share,
    describe,
    is_saturated,
    judge_probe,
    learned,
    look_streams,
    over,
    probe_plan,
    step_seconds,
    template,
)
from harness.judge import judge
from harness.plan.reader import PlanError
from harness.plan.slo import parse_slo
from tests.capacity.probed import CLOSED, OPEN, PACE, SLO, probed, searched
from tests.synthetic import plan

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


@pytest.mark.parametrize(
    ("slo", "share"),
    [
        ("ttft_user p95 < 1 s", 0.95), ("max_gap p99 <= 1 s", 0.99), ("success_share >= 0.99", 0.99),
        ("goodput_ratio > 0.9", 0.9), ("success_share >= 1", 0.999), ("gap p99 < 1 s", None),
        ("stall_ratio < 0.02", None),
    ],
)  # fmt: skip
def test_what_can_be_asked_of_one_stream_is_counted(slo: str, share: float | None):
    assert counted_share(parse_slo(slo)) == share


def test_the_strictest_objective_says_how_many_streams_a_look_takes():
    assert [look_streams(OBJECTIVES, look, 1.0) for look in range(3)] == [130, 398, 656]
    assert look_streams([*OBJECTIVES, parse_slo("success_share >= 0.99")], 0, 1.0) == 662
    assert look_streams(OBJECTIVES, 0, 10.0) == 1300
    assert look_streams([parse_slo("stall_ratio < 0.1")], 0, 1.0) == 100


def test_a_step_lasts_long_enough_for_its_streams_its_system_and_its_user():
    assert step_seconds(OPEN, 130, 8.0, PACE) == 18
    assert step_seconds(OPEN, 130, 100.0, PACE) == 10
    assert step_seconds(OPEN, 130, 100.0, Pace(4.0, 1.0)) == 40


def test_streams_over_are_counted_and_failures_are_over():
    joined = probed(200, slow=3, failing=4)
    mine = joined.of_phase("probe")
    assert over(joined, OBJECTIVES[0], mine) == (7, 200)
    assert over(joined, OBJECTIVES[1], mine) == (4, 200)
    assert over(joined, parse_slo("goodput_ratio >= 0.9"), mine) == (7, 200)


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


def test_an_objective_on_pooled_gaps_is_judged_by_its_check():
    wanted = "gap p99 < 5 ms"
    joined = probed(700, slo=[wanted])
    assert judge_probe([joined], [parse_slo(wanted)], OPEN)[0] == "FAIL"


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
    pace = learned(found, PACE, joined)
    assert pace.stream_s == pytest.approx(0.31, abs=0.03)
    assert pace.streams_per_load == pytest.approx(1.0)


@pytest.mark.parametrize("wrong", [{"step_s": 0}, {"inflation": 0.5}, {"ratio": 1.0}, {"sure": 0.5}])
def test_settings_without_sense_are_refused(wrong: dict[str, float]):
    with pytest.raises(ValueError, match="step must be positive"):
        Settings(unit="users", **wrong)  # type: ignore[arg-type]
