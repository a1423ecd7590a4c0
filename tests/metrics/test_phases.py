import pytest

from harness.metrics.join import join
from harness.metrics.phases import describe_load, distributions, event_spans, phase_results
from harness.plan.phases import Load
from tests.sample import sample_scene
from tests.synthetic import Scene, at, plan


def test_each_phase_is_told_in_numbers():
    results = {result.span.name: result for result in phase_results(join(sample_scene().run()))}
    assert list(results) == ["warm", "steady", "commute", "faults", "quota"]
    steady = results["steady"]
    assert (steady.span.t0_s, steady.span.t1_s, steady.intended) == (2.0, 22.0, 300)
    assert steady.outcomes == {"completed": 300}
    assert steady.tokens_emitted == steady.tokens_received
    assert steady.wasted_tokens == 0
    assert steady.attempts_per_stream == 1.0
    assert steady.metrics["ttft_user"].all["p95"] is not None
    assert steady.metrics["ttft_user"].all["p99"] is None
    assert results["commute"].network == ["train: tunnel", "lift: lift", "desk: desk"]
    assert results["faults"].model == "mock-faulty"


def test_a_provider_that_was_asked_where_no_stream_was_recorded_is_no_crash():
    scene = Scene()
    scene.whole(1)
    scene.streams.clear()  # their load process was killed before it wrote anything
    [told] = phase_results(join(scene.run()))
    assert (told.intended, told.tokens_received, told.tokens_other) == (0, 0, 0)


def test_a_phase_that_did_not_take_place_is_not_told():
    phases = [{"name": name, "duration_s": 5.0, "load": {"users": 1}} for name in ("one", "two")]
    scene = Scene(plan(phases=phases), facts={"ended_ns": at(3.0)})
    assert [result.span.name for result in phase_results(join(scene.run()))] == ["one"]


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (Load(users=60), "60 users, closed loop"),
        (Load(rate=2.5), "2.5 streams a second, poisson, open loop"),
        (Load(trace="arrivals.txt"), "arrivals of arrivals.txt, open loop"),
    ],
)
def test_a_load_is_told_in_words(load, words):
    assert describe_load(load) == words


def test_network_events_are_spans_of_seconds():
    spans = [span for span in event_spans(join(sample_scene().run())) if span.kind != "link"]
    assert [(span.name, span.cohort, span.t0_s, span.t1_s) for span in spans] == [
        ("cut rst", "lift", 26.002, 26.002),
        ("outage", "train", 26.004, 29.003),
        ("cut fin", "desk", 30.003, 30.003),
    ]


def test_distributions_are_ascending_and_thinned_but_keep_both_ends():
    scene = Scene()
    for stream in range(600):
        scene.stream(stream, ttft_ms=100.0 + stream, tokens=1)
    scene.stream(999, tokens=0)
    values = distributions(join(scene.run()))["ttft_service"]["steady"]
    assert len(values) == 512
    assert values == sorted(values)
    assert (values[0], values[-1]) == (100.0, 699.0)
