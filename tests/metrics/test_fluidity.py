import numpy as np
import pytest

from harness.metrics.fluidity import fluid_share, fluidity, fluidity_of
from harness.metrics.join import join
from tests.synthetic import MS, Scene, at


def index(first_ms, pace_ms, gap_ms, tokens=100, after=50):
    gaps = np.full(tokens, pace_ms * 1000, dtype=np.int64)
    gaps[0], gaps[after] = first_ms * 1000, gap_ms * 1000
    return float(fluidity_of([np.array([gap]) for gap in gaps])[0])


@pytest.mark.parametrize(
    ("first", "pace", "gap", "expected"),
    [(1000, 40, 1000, 1 - 25 / 124), (400, 20, 1000, 1.0), (400, 20, 3000, 1 - 35 / 134)],
)
def test_a_long_gap_misses_every_deadline_inside_it_unless_slack_was_saved(first, pace, gap, expected):
    # The saved slack of the third case depends on how much came before the gap: 100 tokens, gap after 50.
    assert index(first, pace, gap) == pytest.approx(expected, abs=1e-9)


def test_a_late_first_token_misses_deadlines_of_its_own():
    # 1.1 s instead of 1 s: 1 + floor(0.1 / 0.04) = 3 missed of 3, then one met.
    assert fluidity_of([np.array([1_100_000]), np.array([40_000])]).tolist() == [1 - 3 / 4]


def test_streams_of_different_lengths_are_computed_together():
    scene = Scene()
    scene.stream(1, ttft_ms=300.0, gaps_ms=20.0, tokens=5)
    scene.stream(2, ttft_ms=300.0, gaps_ms=[2000.0, 20.0], tokens=3)
    scene.stream(3, tokens=0)
    joined = join(scene.run())
    found = fluidity(joined)
    by_row = dict(zip(found.rows.tolist(), found.values.tolist(), strict=True))
    # Slack 0.699 s after the first token (intended 1 ms before sending), so 2 s misses floor(1.301 / 0.04).
    assert by_row == pytest.approx({0: 1.0, 1: 1 - 32 / 34})
    assert fluid_share(joined, joined.measured) == 0.5


def test_the_wait_for_the_first_token_counts_from_the_intention():
    scene = Scene()
    scene.stream(1, begin_s=1.0, ttft_ms=300.0, tokens=1, sent_ns=at(1.0) + 1000 * MS)
    assert fluidity(join(scene.run())).values[0] < 1.0
