"""Sign flips, several gates, order of arms, calibration: small known answers."""

from collections import Counter

import numpy as np
import pytest

from harness.compare.calibration import clopper_pearson, control_missed, disabled, lower_bound
from harness.compare.holm import benjamini_hochberg, holm
from harness.compare.order import order_of
from harness.compare.signflip import sign_flip


def rng() -> np.random.Generator:
    return np.random.default_rng(9)


def test_all_sign_patterns_of_three_pairs():
    # Sums of +-1 +-2 +-3 that reach 6: one of eight; that reach 4 (with -1): two of eight.
    assert sign_flip(np.array([1.0, 2.0, 3.0]), rng()) == 1 / 8
    assert sign_flip(np.array([-1.0, 2.0, 3.0]), rng()) == 2 / 8
    assert sign_flip(np.array([-1.0, -2.0, -3.0]), rng()) == 1.0


def test_the_smallest_p_is_two_to_the_minus_pairs_or_one_in_ten_thousand():
    assert sign_flip(np.full(10, 0.1), rng()) == 2**-10
    assert sign_flip(np.full(20, 0.1), rng()) == pytest.approx(1e-4)


def test_no_difference_and_no_pairs_are_no_evidence():
    assert sign_flip(np.zeros(8), rng()) == 1.0
    assert sign_flip(np.zeros(0), rng()) == 1.0


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_benjamini_hochberg_by_hand():
    assert benjamini_hochberg([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.02, 0.04, 0.04, 0.02])


def test_the_coin_is_seeded_and_fair():
    assert order_of(50, 3) == order_of(50, 3) != order_of(50, 4)
    heads = Counter(pair[0] for pair in order_of(4000, 1))
    assert 1850 < heads["baseline"] < 2150
    assert all(set(pair) == {"baseline", "candidate"} for pair in order_of(50, 3))


def test_fixed_orders_are_what_they_say():
    assert [first for first, _ in order_of(4, 0, "abba")] == ["baseline", "candidate"] * 2
    assert {first for first, _ in order_of(9, 0, "aabb")} == {"baseline"}


def test_an_exact_interval_by_hand():
    low, high = clopper_pearson(0, 300, 0.90)
    assert (low, round(high, 4)) == (0.0, 0.0099)
    assert clopper_pearson(10, 10)[1] == 1.0


def test_six_of_two_hundred_false_alarms_disable_the_gate_and_five_do_not():
    assert [disabled(fails, 200) for fails in (0, 5, 6)] == [False, False, True]
    assert not disabled(0, 0)
    assert lower_bound(0, 200) == 0.0


def test_a_control_found_too_rarely_is_noticed():
    assert [control_missed(found, 20) for found in (20, 19, 17, 14)] == [False, False, False, True]
    assert not control_missed(0, 0)
