import pytest

from harness.metrics import known_metrics, objective_problem, samples_of, series, shares
from harness.metrics.gap_stall import gap_stall_share, pooled_share, threshold_ms
from harness.metrics.join import join
from harness.metrics.outcomes import counts
from harness.record import Outcome
from tests.synthetic import Scene, plan


def share(scene, name):
    joined = join(scene.run())
    return shares()[name](joined, joined.measured)


def test_failures_and_streams_that_never_began_stay_in_the_denominator():
    scene = Scene()
    scene.stream(1)
    scene.stream(2, outcome=Outcome.RESET)
    scene.stream(3, outcome=Outcome.ABANDONED)
    scene.stream(4, outcome=Outcome.NOT_STARTED, tokens=0)
    assert share(scene, "success_share") == 0.25
    assert share(scene, "abandoned_share") == 0.25
    assert share(scene, "dropped_share") == 0.25


def test_errors_are_what_went_wrong_and_neither_limits_nor_leaving():
    scene = Scene()
    for stream, outcome in enumerate(Outcome):
        scene.stream(stream, outcome=outcome, tokens=0 if outcome == Outcome.NOT_STARTED else 3)
    n = len(Outcome)
    assert share(scene, "truncated_share") == pytest.approx(1 / n)
    assert share(scene, "error_share") == pytest.approx(7 / n)


def test_a_stream_that_completed_at_its_second_attempt_is_one_success():
    scene = Scene()
    scene.stream(1, outcome=Outcome.RESET)
    scene.stream(1, 3.0, attempt=2)
    assert share(scene, "success_share") == 1.0


def test_streams_that_a_stopped_run_cut_off_say_nothing_about_the_system():
    scene = Scene(facts={"interrupted": True})
    scene.stream(1)
    scene.stream(2, outcome=Outcome.INTERRUPTED)
    assert share(scene, "success_share") == 1.0


def test_outcomes_are_counted_in_their_own_order():
    scene = Scene()
    for stream, outcome in enumerate([Outcome.COMPLETED, Outcome.REFUSED, Outcome.COMPLETED]):
        scene.stream(stream, outcome=outcome)
    joined = join(scene.run())
    assert list(counts(joined, joined.measured).items()) == [("refused", 1), ("completed", 2)]


def test_goodput_asks_of_each_stream_what_the_percentiles_ask_of_all():
    phases = [
        {
            "name": "steady", "duration_s": 20.0, "load": {"users": 1},
            "slo": ["ttft_user p95 < 300 ms", "max_gap p95 < 1 s", "gap p99 < 1 ms", "success_share >= 0.9"],
        }
    ]  # fmt: skip
    scene = Scene(plan(phases=phases))
    scene.stream(1)
    scene.stream(2, ttft_ms=400.0)
    scene.stream(3, gaps_ms=[1500.0], tokens=2)
    scene.stream(4, outcome=Outcome.ERROR_EVENT)
    assert share(scene, "goodput_ratio") == 0.25


def test_gaps_are_excessive_beyond_three_times_what_is_usual_in_steady_phases():
    phases = [
        {"name": "steady", "duration_s": 20.0, "load": {"users": 1}},
        {"name": "bad", "kind": "fault", "duration_s": 20.0, "load": {"users": 1}},
    ]
    scene = Scene(plan(phases=phases))
    scene.stream(1, gaps_ms=100.0, tokens=5)
    scene.stream(2, 21.0, gaps_ms=[700.0, 300.0], tokens=3, phase="bad")
    joined = join(scene.run())
    assert threshold_ms(joined) == pytest.approx(300.0)
    assert gap_stall_share(joined).values.tolist() == pytest.approx([0.0, 0.4])
    assert pooled_share(joined, joined.measured) == pytest.approx(400.0 / 1400.0)


def test_small_gaps_are_never_excessive():
    scene = Scene()
    scene.stream(1, gaps_ms=[10.0, 10.0, 150.0], tokens=4)
    assert gap_stall_share(join(scene.run())).values.tolist() == [0.0]


def test_every_metric_works_on_an_empty_run():
    joined = join(Scene().run())
    assert {name: len(samples_of(joined, name).values) for name in series()} == dict.fromkeys(series(), 0)
    assert {name: make(joined, joined.measured) for name, make in shares().items()} == dict.fromkeys(shares())


def test_every_metric_works_on_a_run_and_has_a_unit():
    scene = Scene()
    scene.whole(1)
    joined = join(scene.run())
    for name in series():
        assert samples_of(joined, name).unit in ("ms", "share", "index"), name
    for name, make in shares().items():
        nobody_asked_again = name == "recovered_share"
        assert (make(joined, joined.measured) is None) is nobody_asked_again, name


@pytest.mark.parametrize(
    ("metric", "percent", "problem"),
    [
        ("ttft_user", 95.0, None),
        ("success_share", None, None),
        ("stall_ratio", None, None),
        ("stall_ratio", 95.0, None),
        ("ttft_usr", 95.0, "unknown metric ttft_usr; did you mean ttft_user?"),
        ("xyz", 95.0, "unknown metric xyz; known are abandoned_share, "),
        ("ttft_user", None, "name a percentile"),
        ("success_share", 95.0, "leave out p95"),
        ("ttft_user", 0.0, "no percentile"),
    ],
)
def test_an_objective_that_cannot_be_judged_is_known_before_the_run(metric, percent, problem):
    found = objective_problem(metric, percent)
    assert found is None if problem is None else problem in str(found)


def test_the_names_that_plans_use_are_there():
    names = {
        "ttft_user", "ttft_service", "ttfo_user", "gap", "max_gap", "tpot", "e2e_last_user", "e2e_term_user",
        "success_share", "goodput_ratio", "stall_ratio", "stalled_share",
    }  # fmt: skip
    assert names <= set(known_metrics())
