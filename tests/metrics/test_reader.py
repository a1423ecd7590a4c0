import numpy as np
import pytest

from harness.metrics.join import join
from harness.metrics.reader import pooled_stall_ratio, reading, stall_ratio
from tests.synthetic import Scene


def arrivals(gap_after, gap_ms=3000.0, tokens=100):
    """First token at 0.4 s, 20 ms pacing, one gap after token `gap_after`."""
    gaps = np.full(tokens, 20_000)
    gaps[0] = 400_000
    gaps[gap_after] = gap_ms * 1000
    return np.zeros(tokens, dtype=np.int64), np.cumsum(gaps)


def by_the_book(us, speed):
    read_at, stalled = [us[0]], 0.0
    for at in us[1:]:
        due = read_at[-1] + 1e6 / speed
        stalled += max(0.0, at - due)
        read_at.append(max(at, due))
    return stalled / 1e6, (read_at[-1] - us[0]) / 1e6


@pytest.mark.parametrize(("speed", "stalled_s", "ratio"), [(5.3, 2.14, 0.103), (25.0, 2.88, 0.42)])
def test_an_early_gap_keeps_the_reader_waiting(speed, stalled_s, ratio):
    _, stalled, played = reading(*arrivals(gap_after=5), speed)
    assert stalled[0] == pytest.approx(stalled_s, abs=0.01)
    assert stalled[0] / played[0] == pytest.approx(ratio, abs=0.002)


def test_a_gap_that_the_text_on_screen_covers_costs_the_reader_nothing():
    assert reading(*arrivals(gap_after=50))[1].tolist() == [0.0]


def test_many_streams_at_once_give_what_the_recursion_gives_for_each():
    rng = np.random.default_rng(5)
    streams = [np.cumsum(rng.exponential(150_000, rng.integers(2, 60)).astype(np.int64)) for _ in range(40)]
    row = np.repeat(np.arange(40), [len(us) for us in streams])
    rows, stalled, played = reading(row, np.concatenate(streams))
    assert rows.tolist() == list(range(40))
    for us, waited, took in zip(streams, stalled, played, strict=True):
        assert (waited, took) == pytest.approx(by_the_book(us, 5.3), abs=1e-4)


def test_the_ratio_of_a_phase_weighs_streams_by_their_length():
    scene = Scene()
    scene.stream(1, gaps_ms=[1000.0], tokens=2)  # reads 1 s, waits 1 - 1/5.3
    scene.stream(2, gaps_ms=20.0, tokens=54)  # reads 53/5.3 s, waits for nothing
    joined = join(scene.run())
    waited = 1.0 - 1 / 5.3
    assert stall_ratio(joined).values.tolist() == pytest.approx([waited / 1.0, 0.0], abs=1e-5)
    assert pooled_stall_ratio(joined, joined.measured) == pytest.approx(waited / (1.0 + 10.0), abs=1e-5)


def test_a_single_token_is_no_reading():
    scene = Scene()
    scene.stream(1, tokens=1)
    joined = join(scene.run())
    assert stall_ratio(joined).values.tolist() == []
    assert pooled_stall_ratio(joined, joined.measured) is None
