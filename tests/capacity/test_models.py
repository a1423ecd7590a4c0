"""Saturation, queues, the scalability law and the knee, against numbers known beforehand."""

import math

import numpy as np
import pytest

from harness.capacity.knee import knee
from harness.capacity.queueing import (
    erlang_b,
    erlang_c,
    mean_wait_s,
    most_rate,
    rule_of_thumb,
    slots_for_rejection,
    slots_for_waiting,
    waits_longer,
)
from harness.capacity.saturation import saturated, slope
from harness.capacity.usl import fit

SECONDS = np.arange(60.0)


def test_the_slope_of_a_line_is_its_own_and_certain():
    found = slope(SECONDS, 3 * SECONDS + 2)
    assert (found.value, found.low) == (pytest.approx(3), pytest.approx(3))


def test_a_slope_needs_three_points():
    with pytest.raises(ValueError, match="three points"):
        slope(np.array([0.0, 1.0]), np.array([0.0, 1.0]))


def growing(noise: float) -> np.ndarray:
    return 10 + SECONDS + np.random.default_rng(1).normal(0, noise, 60)


def test_a_queue_that_grows_while_answers_slow_down_is_saturation():
    assert saturated(SECONDS, growing(2), 100 * growing(2), floor_ms=2500)


@pytest.mark.parametrize(
    ("in_flight", "ttft_ms"),
    [
        (np.full(60, 40.0) + np.random.default_rng(2).normal(0, 1, 60), 100 * growing(2)),  # only slower
        (growing(2), np.full(60, 4000.0) + np.random.default_rng(3).normal(0, 50, 60)),  # only more
        (growing(2), growing(2)),  # growing, but far below any objective
    ],
    ids=["only slower", "only more", "below the floor"],
)
def test_one_of_them_alone_is_not(in_flight: np.ndarray, ttft_ms: np.ndarray):
    assert not saturated(SECONDS, in_flight, ttft_ms, floor_ms=2500)


def test_twenty_seconds_say_nothing():
    assert not saturated(SECONDS[:20], growing(0)[:20], 100 * growing(0)[:20], floor_ms=10)


def test_only_the_last_two_minutes_count():
    t = np.arange(300.0)
    rising_once = np.concatenate([10 + t[:150], np.full(150, 160.0)])
    noise = np.random.default_rng(4).normal(0, 1, 300)
    assert not saturated(t, rising_once + noise, 100 * (rising_once + noise[::-1]), floor_ms=10)


def test_seconds_without_a_first_token_are_left_out():
    ttft = 100 * growing(2)
    ttft[::3] = np.nan
    assert saturated(SECONDS, growing(2), ttft, floor_ms=2500)
    assert not saturated(SECONDS, growing(2), np.full(60, np.nan), floor_ms=2500)


@pytest.mark.parametrize(
    ("load", "rejection", "waiting", "rule"),
    [(15, 28, 26, 27), (75, 100, 97, 102), (300, 344, 343, 354), (600, 659, 660, 676)],
)
def test_slots_for_a_load(load: float, rejection: int, waiting: int, rule: int):
    assert slots_for_rejection(load, 0.001) == rejection
    assert slots_for_waiting(load, 0.01) == waiting
    assert rule_of_thumb(load) == rule


def test_eight_slots_of_two_seconds():
    assert erlang_b(6.4, 8) == pytest.approx(0.144, abs=5e-4)
    assert erlang_c(6.4, 8) == pytest.approx(0.458, abs=5e-4)
    assert mean_wait_s(3.2, 8, 2.0) == pytest.approx(0.57, abs=5e-3)
    assert erlang_c(7.2, 8) == pytest.approx(0.702, abs=5e-4)
    assert mean_wait_s(3.6, 8, 2.0) == pytest.approx(1.75, abs=5e-3)


def test_a_saturated_queue_waits_for_ever():
    assert mean_wait_s(4.0, 8, 2.0) == math.inf
    assert erlang_c(8, 8) == waits_longer(4.0, 8, 2.0, 100.0) == 1.0


def test_the_most_rate_is_where_just_that_share_waits_too_long():
    rate = most_rate(8, 2.0, 1.0, 0.05)
    assert waits_longer(rate, 8, 2.0, 1.0) == pytest.approx(0.05)
    assert 0 < rate < 4


LOAD = np.array([1, 18, 36, 72, 108, 144, 216.0])
THROUGHPUT = np.array([65, 996, 1652, 1853, 1829, 1775, 1702.0])


def test_the_scalability_law_fits_the_check_data():
    found = fit(LOAD, THROUGHPUT)
    assert found is not None
    assert found.rate == pytest.approx(90.0, abs=0.05)
    assert found.sigma == pytest.approx(0.0277, abs=5e-5)
    assert found.kappa == pytest.approx(1.04e-4, abs=5e-7)
    assert found.best_n == pytest.approx(96.5, abs=0.05)
    assert found.best_throughput == pytest.approx(1884, abs=0.5)
    assert found.note == ""


def test_it_says_nothing_beyond_half_as_much_again():
    found = fit(LOAD, THROUGHPUT)
    assert found is not None
    assert found.throughput(300) is not None
    assert found.throughput(325) is None


def test_it_is_not_fitted_to_five_points_and_doubts_a_peak_nobody_saw():
    assert fit(LOAD[:5], THROUGHPUT[:5]) is None
    straight = fit(np.arange(1.0, 9.0), 10 * np.arange(1.0, 9.0))
    assert straight is not None
    assert straight.note == "the peak lies beyond what was measured"
    assert 0 <= straight.sigma <= 1
    assert straight.kappa >= 0


def test_the_knee_of_a_queue_lies_before_its_objective():
    load = np.linspace(1, 9.9, 40)
    latency = 100 / (1 - load / 10)
    found = knee(load, latency, slo_load=9.5, slo_latency=2000.0)
    assert found is not None
    assert 7 < found < 9.5


def test_a_straight_line_has_no_knee_and_four_points_neither():
    load = np.linspace(1, 10, 20)
    assert knee(load, 100 * load, 10, 1000) is None
    assert knee(load[:4], 1 / (11 - load[:4]), 10, 1) is None
