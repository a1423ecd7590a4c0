"""What is counted stream by stream, and what a probe's streams count to."""

import pytest

from harness.capacity.counting import counted_share, look_streams, over
from harness.capacity.probe import PROBE, probe_plan
from harness.metrics.join import Joined, join
from harness.plan.slo import parse_slo
from harness.record import Outcome
from tests.capacity.probed import OPEN, PACE, SLO, probed, searched
from tests.synthetic import Scene

OBJECTIVES = [parse_slo(text) for text in SLO]


@pytest.mark.parametrize(
    ("slo", "share"),
    [
        ("ttft_user p95 < 1 s", 0.95), ("max_gap p99 <= 1 s", 0.99), ("stall_ratio p90 < 0.02", 0.9),
        ("fluidity p5 > 0.9", 0.95), ("success_share >= 0.99", 0.99), ("goodput_ratio > 0.9", 0.9),
        ("error_share <= 0.01", 0.99), ("stalled_share < 2 %", 0.98), ("truncated_share <= 0.05", 0.95),
        ("rate_limited_share <= 0.1", 0.9), ("fluid_share >= 0.8", 0.8), ("false_success_share <= 0", 0.999),
        ("success_share >= 1", 0.999),
    ],
)  # fmt: skip
def test_what_can_be_asked_of_one_stream_is_counted(slo: str, share: float):
    assert counted_share(parse_slo(slo)) == share


@pytest.mark.parametrize(
    "slo",
    [
        "gap p99 < 1 s", "token_delay p99 < 1 s", "hidden_retry p95 < 1 s", "stall_ratio < 0.02",
        "gap_stall_share < 0.1", "stalls_per_1000_tokens < 3", "recovered_share > 0.5", "success_share >= 0",
    ],
)  # fmt: skip
def test_what_cannot_is_not(slo: str):
    assert counted_share(parse_slo(slo)) is None


def test_the_strictest_objective_says_how_many_streams_a_look_takes():
    assert [look_streams(OBJECTIVES, look, 1.0) for look in range(3)] == [130, 398, 656]
    assert look_streams([*OBJECTIVES, parse_slo("error_share <= 0.01")], 0, 1.0) == 662
    assert look_streams(OBJECTIVES, 0, 10.0) == 1300


def test_what_is_not_counted_has_as_many_streams_as_its_check_needs():
    assert look_streams([parse_slo("stall_ratio < 0.1")], 0, 1.0) == 100
    assert look_streams([parse_slo("stall_ratio < 0.002")], 0, 1.0) == 500
    assert look_streams([parse_slo("gap p99 < 1 s")], 0, 10.0) == 662


@pytest.mark.parametrize(
    ("slo", "count"),
    [
        (SLO[0], 7), ("success_share >= 0.95", 4), ("goodput_ratio >= 0.9", 7), ("error_share <= 0.05", 0),
        ("rate_limited_share <= 0.05", 4), ("max_gap p95 < 1 s", 4), ("max_gap p95 < 5 ms", 200),
        ("tpot p95 < 1 s", 4), ("ttft_user p5 > 50 ms", 4),
    ],
)  # fmt: skip
def test_streams_over_are_counted_and_failures_are_over_every_percentile(slo: str, count: int):
    joined = probed(200, slow=3, failing=4)
    assert over(joined, parse_slo(slo), joined.of_phase(PROBE)) == (count, 200)


def endings() -> Joined:
    """A whole answer, one that fell silent, one cut off after a good start, and a user who left by plan."""
    scene = Scene(probe_plan(searched(), OPEN, 8.0, 10.0, PACE, 7))
    begin_s = scene.plan.phases[0].duration_s + 1
    scene.stream(1, begin_s, phase=PROBE)
    scene.stream(2, begin_s, phase=PROBE, tokens=3, gaps_ms=[1500.0, 20.0])
    scene.stream(3, begin_s, phase=PROBE, outcome=Outcome.TRUNCATED)
    scene.stream(4, begin_s, phase=PROBE, outcome=Outcome.CANCELLED)
    return join(scene.run())


@pytest.mark.parametrize(
    ("slo", "counted"),
    [
        ("stalled_share <= 0.05", (1, 4)), ("error_share <= 0.05", (1, 4)), ("truncated_share < 0.1", (1, 4)),
        ("fluid_share >= 0.95", (1, 4)), ("false_success_share <= 0.01", (0, 2)),
        ("ttft_user p95 < 1 s", (1, 4)), ("max_gap p95 < 1 s", (2, 4)),
        ("e2e_last_user p95 < 60 s", (1, 3)),
    ],
)  # fmt: skip
def test_a_share_counts_what_its_name_says(slo: str, counted: tuple[int, int]):
    joined = endings()
    assert over(joined, parse_slo(slo), joined.of_phase(PROBE)) == counted


def test_of_a_stream_with_several_attempts_the_worst_one_counts():
    scene = Scene(probe_plan(searched(), OPEN, 8.0, 10.0, PACE, 7))
    begin_s = scene.plan.phases[0].duration_s + 1
    first = scene.stream(1, begin_s, phase=PROBE, tokens=0, outcome=Outcome.REFUSED, status=503)
    first.connected_ns = (first.dispatched_ns or 0) + 900_000_000
    scene.stream(1, begin_s + 2, phase=PROBE, attempt=2)
    scene.stream(2, begin_s, phase=PROBE)
    joined = join(scene.run())
    assert over(joined, parse_slo("pool_wait p95 < 500 ms"), joined.of_phase(PROBE)) == (1, 2)
