import numpy as np
import pytest

from harness.metrics.concurrency import mean_open, peak_open


def test_an_interval_counts_for_the_part_of_each_bin_that_it_covers():
    found = mean_open(np.array([250.0]), np.array([2500.0]), np.array([0.0, 1000.0, 2000.0, 3000.0]))
    assert found.tolist() == pytest.approx([0.75, 1.0, 0.5])


def test_the_mean_is_the_integral_of_the_edges():
    rng = np.random.default_rng(6)
    starts = rng.uniform(0, 50_000, 500)
    ends = starts + rng.exponential(4000, 500)
    edges = np.arange(0, 61_000, 1000.0)
    overlap = np.clip(np.minimum.outer(ends, edges[1:]) - np.maximum.outer(starts, edges[:-1]), 0, None)
    assert mean_open(starts, ends, edges) == pytest.approx(overlap.sum(axis=0) / 1000.0, abs=1e-9)


def test_what_never_began_or_never_ended_is_left_out():
    nan = np.nan
    found = mean_open(np.array([nan, 0.0, 0.0]), np.array([500.0, nan, 500.0]), np.array([0.0, 1000.0]))
    assert found.tolist() == [0.5]


def test_the_peak_is_the_most_open_at_once():
    assert peak_open(np.array([0.0, 1.0, 2.0]), np.array([2.0, 5.0, 3.0])) == 2
    assert peak_open(np.zeros(0), np.zeros(0)) == 0
