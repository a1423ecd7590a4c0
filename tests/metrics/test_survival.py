import numpy as np

from harness.metrics.survival import quantiles, spread


def km(times: list[float], happened: list[bool], share: float = 0.5) -> float | None:
    return quantiles(np.array(times), np.array(happened), (share,))[0]


def test_without_censoring_it_is_the_order_statistic():
    assert km([4.0, 1.0, 3.0, 2.0], [True] * 4) == 2.0
    assert km([4.0, 1.0, 3.0, 2.0], [True] * 4, 0.99) == 4.0


def test_what_has_not_happened_yet_moves_the_median_up_and_is_not_left_out():
    # At risk 5, 4, 2: 4/5 x 3/4 = 0.6 after 2 s, x 1/2 = 0.3 after 5 s. Without the censored ones it is 2.
    assert km([1.0, 2.0, 3.0, 5.0, 9.0], [True, True, False, True, False]) == 5.0


def test_a_quantile_that_was_never_reached_is_none():
    assert km([1.0, 9.0, 9.0], [True, False, False]) is None
    assert km([], []) is None


def test_one_cohort_gives_no_interval_and_equal_cohorts_a_narrow_one():
    times, happened = np.arange(1.0, 9.0), np.ones(8, dtype=bool)
    alone = spread(times, happened, np.zeros(8, dtype=np.int64), 7)
    assert (alone.n, alone.cohorts, alone.p50, alone.low) == (8, 1, 4.0, None)
    alike = spread(np.tile(times, 4), np.tile(happened, 4), np.repeat(np.arange(4), 8), 7)
    assert (alike.low, alike.p50, alike.high) == (4.0, 4.0, 4.0)


def test_cohorts_that_fared_differently_widen_the_interval_and_the_seed_fixes_it():
    times = np.concatenate([np.full(20, 10.0), np.full(20, 100.0), np.full(20, 50.0)])
    cohorts = np.repeat(np.arange(3), 20)
    found = spread(times, np.ones(60, dtype=bool), cohorts, 7)
    assert (found.low, found.p50, found.high) == (10.0, 50.0, 100.0)
    assert found == spread(times, np.ones(60, dtype=bool), cohorts, 7)


def test_nothing_has_no_spread():
    assert spread(np.zeros(0), np.zeros(0, dtype=bool), np.zeros(0, dtype=np.int64), 7) is None
