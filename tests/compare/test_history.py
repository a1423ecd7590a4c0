"""A run among its predecessors, and shifts in a long series."""

import numpy as np
import pytest

from harness.compare.history import change_points, standing


@pytest.mark.parametrize(("k", "distance"), [(5, 4.10), (8, 3.18), (10, 2.96), (20, 2.60)])
def test_how_far_is_too_far(k: int, distance: float):
    found = standing(300.0, np.exp(np.linspace(5.6, 5.7, k)))
    assert found is not None
    assert found.critical == pytest.approx(distance, abs=0.005)


def test_a_run_far_above_its_predecessors_is_worse_and_one_below_is_not():
    stored = 300 * np.exp(np.random.default_rng(1).normal(0, 0.02, 10))
    worse, better = standing(360.0, stored), standing(250.0, stored)
    assert worse is not None
    assert better is not None
    assert worse.worse
    assert not better.worse


def test_four_runs_are_no_history_and_equal_ones_neither():
    assert standing(300.0, np.array([300.0, 301, 302, 303])) is None
    assert standing(300.0, np.full(9, 300.0)) is None


def series(*levels: float, each: int = 15, noise: float = 0.01) -> np.ndarray:
    rng = np.random.default_rng(2)
    return np.concatenate([level * np.exp(rng.normal(0, noise, each)) for level in levels])


def test_two_shifts_are_found_where_they_are():
    found = change_points(series(300, 330, 300, each=30), np.random.default_rng(1))
    assert [change.at for change in found] == [30, 60]
    assert [change.ratio for change in found] == [pytest.approx(1.1, abs=0.02), pytest.approx(0.91, abs=0.02)]


def test_a_calm_series_has_none_and_a_small_shift_is_not_told():
    assert change_points(series(300, 300), np.random.default_rng(1)) == []
    assert change_points(series(300, 304), np.random.default_rng(1)) == []


def test_nine_runs_are_too_few():
    assert change_points(series(300, 900, each=4), np.random.default_rng(1)) == []
