import pytest

from harness.metrics.curves import curve, curves, objectives
from harness.metrics.join import join
from harness.metrics.latency import SERIES
from harness.metrics.percentiles import floor
from harness.record import Outcome
from tests.synthetic import Scene, plan


def ttfts(n, failed=0):
    scene = Scene()
    for stream in range(n):
        scene.stream(stream, 1.0, ttft_ms=float(stream + 1))
    for stream in range(failed):
        scene.stream(n + stream, 1.0, tokens=0, outcome=Outcome.REFUSED)
    return join(scene.run())


def test_a_curve_ends_where_its_streams_are_too_few():
    found = curves(ttfts(200))["ttft_user"]["steady"]
    assert found.n == 200
    assert found.p[-1] == pytest.approx(0.964, abs=0.001)
    assert floor(round(1 - 10**-1.45, 12)) <= 200 < floor(round(1 - 10**-1.5, 12))


def test_every_point_lies_in_its_interval_and_rises():
    found = curves(ttfts(300))["ttft_user"]["steady"]
    assert all(
        low <= value <= high for low, value, high in zip(found.low, found.value, found.high, strict=True)
    )
    assert found.value == sorted(found.value)
    p90 = found.value[found.p.index(0.9)]
    assert p90 == pytest.approx(270.0 + 1.0, abs=1.1)


def test_streams_that_never_got_there_are_the_far_end():
    found = curves(ttfts(180, failed=20))["ttft_user"]["steady"]
    assert found.censored == 20
    assert found.value[-1] == "inf"
    assert found.value[found.p.index(0.875) if 0.875 in found.p else 10] != "inf"


def test_without_enough_streams_for_a_median_there_is_no_curve():
    assert curve(SERIES["ttft_user"](ttfts(10))) is None
    assert curve(SERIES["ttft_user"](ttfts(11))) is not None


def test_limits_to_percentiles_are_told_and_shares_are_not():
    phase = {"name": "steady", "duration_s": 5, "load": {"users": 1},
             "slo": ["ttft_user p95 < 0.8 s", "success_share >= 0.9"]}  # fmt: skip
    (found,) = objectives(join(Scene(plan(phases=[phase])).run()))
    assert (found.phase, found.metric, found.percent, found.limit) == ("steady", "ttft_user", 95.0, 800.0)
