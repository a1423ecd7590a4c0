import pytest

from harness.metrics.gaps import longest, pooled, stalled_share, stalls_per_1000_tokens
from harness.metrics.join import join
from harness.record import Outcome
from tests.synthetic import Scene, int32s


def test_gaps_lie_between_content_events_of_one_stream():
    scene = Scene()
    scene.stream(1, gaps_ms=[10.0, 20.0], tokens=3)
    scene.stream(2, gaps_ms=[30.0], tokens=2)
    found = pooled(join(scene.run()))
    assert found.values.tolist() == pytest.approx([10.0, 20.0, 30.0])
    assert found.rows.tolist() == [0, 0, 1]
    assert found.censored == 0


def test_events_of_one_read_are_no_time_apart_and_reads_without_content_are_no_events():
    scene = Scene()
    scene.stream(
        1, tokens=3, read_us=int32s([100_000, 150_000, 160_000]), read_events=int32s([2, 0, 1]),
        read_tokens=int32s([2, 0, 1]),
    )  # fmt: skip
    assert pooled(join(scene.run())).values.tolist() == pytest.approx([0.0, 60.0])


def test_a_stream_without_its_end_leaves_an_open_gap():
    scene = Scene()
    scene.stream(1, gaps_ms=[10.0], tokens=2, outcome=Outcome.STALLED, close_after_ms=20_000.0)
    found = longest(join(scene.run()))
    assert found.values.tolist() == pytest.approx([20_000.0])
    assert found.finished.tolist() == [False]


def test_a_stream_that_never_got_content_was_silent_since_it_was_sent():
    scene = Scene()
    scene.stream(1, tokens=0, outcome=Outcome.TIMED_OUT, close_after_ms=700.0)
    assert longest(join(scene.run())).values.tolist() == pytest.approx([700.0])


@pytest.mark.parametrize("outcome", [Outcome.RATE_LIMITED, Outcome.REFUSED])
def test_a_refusal_is_an_answer_and_no_silence(outcome):
    scene = Scene()
    scene.stream(1, tokens=0, outcome=outcome)
    assert len(longest(join(scene.run())).values) == 0


def test_the_longest_gap_of_a_stream_is_that_of_all_its_attempts():
    scene = Scene()
    scene.stream(1, gaps_ms=[3000.0], tokens=2, outcome=Outcome.RESET)
    scene.stream(1, begin_s=5.0, attempt=2, gaps_ms=[10.0], tokens=2)
    found = longest(join(scene.run()))
    assert found.values.tolist() == pytest.approx([3000.0])
    assert found.finished.tolist() == [True]


def test_a_second_of_silence_is_a_stall():
    scene = Scene()
    scene.stream(1, gaps_ms=[1200.0, 10.0, 1100.0], tokens=4)
    scene.stream(2, gaps_ms=[999.0], tokens=2)
    joined = join(scene.run())
    assert stalled_share(joined, joined.measured) == 0.5
    assert stalls_per_1000_tokens(joined, joined.measured) == pytest.approx(2 / 6 * 1000)


def test_nothing_recorded_is_no_share():
    joined = join(Scene().run())
    assert stalled_share(joined, joined.measured) is None
    assert stalls_per_1000_tokens(joined, joined.measured) is None
