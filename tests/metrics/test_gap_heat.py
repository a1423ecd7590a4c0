import pytest

from harness.metrics.gap_heat import MOST_COLUMNS, PER_DECADE, gap_heat
from harness.metrics.join import join
from tests.synthetic import Scene


def heat(scene, seconds):
    return gap_heat(join(scene.run()), seconds)


def test_a_gap_is_counted_where_it_ended_and_by_its_length():
    scene = Scene()
    scene.stream(1, 1.0 - 0.001, ttft_ms=100.0, gaps_ms=[10.0, 99.0, 1500.0], tokens=4)
    found = heat(scene, 4)
    cells = {(second, row): n for second, rows in enumerate(found.counts) for row, n in enumerate(rows) if n}
    # 10 ms begins a row, 99 ms is in the last row below 100 ms; 1,500 ms ended in second 2.
    assert cells == {(1, PER_DECADE): 1, (1, 2 * PER_DECADE - 1): 1, (2, 3 * PER_DECADE + 1): 1}
    assert found.edges_ms[PER_DECADE] == pytest.approx(10.0)
    assert len(found.edges_ms) == 3 * PER_DECADE + 3


def test_gaps_beyond_the_scale_are_in_its_ends_and_none_is_lost():
    scene = Scene()
    scene.stream(1, 0.5, gaps_ms=[0.01, 150_000.0], tokens=3)
    found = heat(scene, 200)
    assert sum(map(sum, found.counts)) == 2
    assert found.counts[0][0] == found.counts[150][-1] == 1


def test_a_long_run_has_wider_columns():
    scene = Scene()
    scene.stream(1, 1.0, tokens=5)
    found = heat(scene, 3 * MOST_COLUMNS - 1)
    assert (found.bin_s, len(found.counts)) == (3, MOST_COLUMNS)


def test_without_gaps_there_is_no_picture():
    scene = Scene()
    scene.stream(1, tokens=1)
    assert heat(scene, 20) is None
    assert heat(Scene(), 20) is None
