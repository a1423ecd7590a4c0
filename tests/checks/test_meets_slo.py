import pytest

from harness.checks.meets_slo import check
from harness.record import Outcome
from tests.checks.looking import view
from tests.synthetic import Scene, plan


def scene_with(*objectives):
    phases = [{"name": "steady", "duration_s": 20.0, "load": {"users": 5}, "slo": list(objectives)}]
    return Scene(plan(phases=phases))


def fill(scene, good, late=0, failed=0):
    for stream in range(good):
        scene.stream(stream, ttft_ms=200.0, tokens=2)
    for stream in range(good, good + late):
        scene.stream(stream, ttft_ms=900.0, tokens=2)
    for stream in range(good + late, good + late + failed):
        scene.stream(stream, tokens=0, outcome=Outcome.REFUSED)
    return scene


def judged(scene):
    (found,) = check(view(scene))
    return found


def test_a_percentile_within_its_limit_passes_with_value_interval_and_count():
    found = judged(fill(scene_with("ttft_user p95 < 800 ms"), 200))
    assert (found.id, found.state, found.value, found.limit, found.unit) == (
        "meets_slo ttft_user p95", "PASS", 201.0, 800.0, "ms",
    )  # fmt: skip
    assert found.evidence == "201 ms (95 % interval 201 to 201 ms, 200 streams)."


def test_a_percentile_beyond_its_limit_fails():
    found = judged(fill(scene_with("ttft_user p95 < 800 ms"), 188, late=12))
    assert (found.state, found.value) == ("FAIL", 901.0)


def test_failed_streams_count_against_a_latency_objective():
    found = judged(fill(scene_with("ttft_user p95 < 800 ms"), 188, failed=12))
    assert (found.state, found.value) == ("FAIL", "inf")
    assert "never" in found.evidence
    assert "12 never reached it" in found.evidence


def test_below_its_floor_a_percentile_is_inconclusive_and_says_how_many_are_missing():
    found = judged(fill(scene_with("ttft_user p95 < 800 ms"), 100))
    assert (found.state, found.value) == ("INCONCLUSIVE", None)
    assert found.evidence == "100 streams are too few for this percentile; 30 more are needed."


def test_below_its_floor_a_percentile_that_no_further_stream_could_save_fails():
    # At the floor of 130, rank 124 decides: six may lie beyond it, and seven do already.
    assert judged(fill(scene_with("ttft_user p95 < 800 ms"), 50, late=7)).state == "FAIL"
    assert judged(fill(scene_with("ttft_user p95 < 800 ms"), 50, late=6)).state == "INCONCLUSIVE"


def test_just_above_its_floor_it_is_marked_thin():
    assert "thin" in judged(fill(scene_with("ttft_user p95 < 800 ms"), 150)).evidence
    assert "thin" not in judged(fill(scene_with("ttft_user p95 < 800 ms"), 200)).evidence


@pytest.mark.parametrize(("good", "failed", "state"), [(99, 1, "PASS"), (98, 2, "FAIL")])
def test_a_share_is_held_against_its_limit(good, failed, state):
    found = judged(fill(scene_with("success_share >= 99 %"), good, failed=failed))
    assert (found.state, found.value) == (state, good / 100)


def test_a_share_of_few_streams_is_inconclusive_unless_it_is_lost_already():
    few = judged(fill(scene_with("success_share >= 99 %"), 49, failed=1))
    assert few.state == "INCONCLUSIVE"
    assert few.evidence == "0.98 over 50 streams, too few to tell; 50 more are needed."
    assert judged(fill(scene_with("success_share >= 99 %"), 48, failed=2)).state == "FAIL"


def test_every_objective_has_a_result_of_its_own():
    scene = fill(scene_with("success_share >= 0.9", "stall_ratio < 5 %", "max_gap p50 < 1 s"), 50)
    assert [found.state for found in check(view(scene))] == ["PASS", "PASS", "PASS"]


def test_an_objective_with_an_unknown_metric_never_passes():
    found = judged(fill(scene_with("speed p95 < 1 s"), 200))
    assert found.state == "INCONCLUSIVE"
    assert found.evidence.startswith("unknown metric speed")


def test_an_objective_without_evidence_never_passes():
    scene = fill(scene_with("coalesce_ratio < 0.5"), 50)  # needs the ledger
    assert judged(scene).state == "INCONCLUSIVE"


def test_a_percentile_that_no_further_stream_could_save_says_how_many_may_lie_beyond_it():
    assert judged(fill(scene_with("ttft_user p95 < 800 ms"), 50, late=7)).evidence == (
        "7 of 57 streams are beyond it; even of 130, the fewest from which this percentile is taken, no more "
        "than 6 may be."
    )


def test_a_single_stream_is_not_told_as_several():
    few = judged(fill(scene_with("ttft_user p95 < 800 ms"), 1)).evidence
    assert few == "1 stream is too few for this percentile; 129 more are needed."
    share = judged(fill(scene_with("success_share >= 1"), 1)).evidence
    assert share == "1 over 1 stream, too few to tell; 10 more are needed."
