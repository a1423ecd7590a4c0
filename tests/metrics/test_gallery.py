import numpy as np

from harness.metrics.gallery import EACH, flow, gallery
from harness.metrics.join import join
from harness.record import Outcome
from tests.sample import sample_scene
from tests.synthetic import Scene, at


def ids(found, why):
    return [stream.stream for stream in found if stream.why == why]


def test_the_worst_waited_longest_in_one_go():
    scene = Scene()
    for stream in range(40):
        scene.stream(stream, 1.0, ttft_ms=100.0 + stream)
    scene.stream(100, 1.0, gaps_ms=[20.0, 4000.0], tokens=3)
    scene.stream(101, 1.0, ttft_ms=5000.0)
    scene.stream(102, 1.0, tokens=2, outcome=Outcome.STALLED, close_after_ms=9000.0)
    found = gallery(join(scene.run()))
    assert ids(found, "worst")[:4] == [102, 101, 100, 39]
    assert ids(found, "worst") == [102, 101, 100, *range(39, 32, -1)]
    assert found[2].silence_ms == 4000.0


def test_the_median_ten_are_from_the_middle_and_nobody_is_shown_twice():
    scene = Scene()
    for stream in range(110):
        scene.stream(stream, 1.0, ttft_ms=100.0 + stream)
    found = gallery(join(scene.run()))
    assert ids(found, "median") == list(range(54, 44, -1))
    assert len({stream.stream for stream in found}) == 3 * EACH


def test_the_random_ten_hang_on_the_seed_alone():
    def drawn(seed):
        return ids(gallery(join(sample_scene(seed).run())), "random")

    assert drawn(7) == drawn(7)
    assert len(drawn(7)) == EACH


def test_few_streams_are_all_shown_and_none_gives_none():
    scene = Scene()
    assert gallery(join(scene.run())) == []
    scene.stream(1)
    assert ids(gallery(join(scene.run())), "worst") == [1]


def test_a_stream_of_two_attempts_is_one_row_with_both_ends():
    scene = Scene()
    scene.stream(1, 1.0, tokens=2, outcome=Outcome.RESET)
    scene.stream(1, 2.0, attempt=2, tokens=3)
    (found,) = gallery(join(scene.run()))
    assert found.outcomes == ["reset", "completed"]
    assert found.sent_ms == [1.0, 1001.0]
    assert found.curve[-1] == (1241.0, 5)
    assert found.intended_s == 1.0


def test_neighbouring_gaps_of_one_class_are_one_piece():
    arrivals = np.array([0.0, 20.0, 220.0, 421.0, 1500.0, 4000.0, 4020.0])
    assert flow(arrivals) == [
        (0.0, 220.0, 0), (220.0, 421.0, 1), (421.0, 1500.0, 2), (1500.0, 4000.0, 3), (4000.0, 4020.0, 0),
    ]  # fmt: skip


def test_where_too_many_alternate_stalls_are_kept():
    gaps = [20.0, 300.0] * 200 + [1500.0]
    found = flow(np.cumsum([0.0, *gaps]))
    assert [kind for _, _, kind in found] == [0, 2]


def test_a_step_in_a_long_answer_stays_a_step():
    scene = Scene()
    scene.stream(1, 1.0, gaps_ms=[10.0] * 500 + [3000.0] + [10.0] * 500, tokens=1002)
    (found,) = gallery(join(scene.run()))
    assert len(found.curve) <= 48
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in zip(found.curve, found.curve[1:], strict=False)]
    assert (3000.0, 1) in steps


def test_who_never_got_anything_has_no_first_content():
    scene = Scene()
    scene.stream(1, tokens=0, outcome=Outcome.REFUSED, closed_ns=at(1.5), status=503)
    (found,) = gallery(join(scene.run()))
    assert (found.first_content_ms, found.flow, found.ended_ms) == (None, [], [500.0])
