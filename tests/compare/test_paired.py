"""Yuen's estimate on paired log ratios, by hand and against scipy."""

import math

import numpy as np
import pytest
from scipy import stats

from harness.compare.paired import Paired, yuen

TEN = np.array([0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 5.0])


def test_ten_pairs_by_hand():
    found = yuen(TEN)
    assert found is not None
    # Two are cut at either end; they become 0.02 and 0.07 for the error.
    winsorised = [0.02] * 3 + [0.03, 0.04, 0.05, 0.06] + [0.07] * 3
    error = np.std(winsorised, ddof=1) / (0.6 * math.sqrt(10))
    assert found.mean == pytest.approx(0.045)
    assert found.error == pytest.approx(error)
    assert (found.pairs, found.freedom) == (10, 5)


def test_the_interval_and_p_are_those_of_scipys_trimmed_t():
    rng = np.random.default_rng(5)
    differences = rng.normal(0.03, 0.05, 20)
    found = yuen(differences)
    assert found is not None
    t = (found.mean - 0) / found.error
    assert found.freedom == 11
    assert found.p_above() == pytest.approx(stats.t.sf(t, 11))
    reach = stats.t.ppf(0.995, 11) * found.error
    assert found.interval() == (
        pytest.approx(math.expm1(found.mean - reach)),
        pytest.approx(math.expm1(found.mean + reach)),
    )


@pytest.mark.parametrize(("pairs", "factor"), [(10, 4.84), (20, 4.08), (30, 3.90)])
def test_the_least_change_that_can_be_found(pairs: int, factor: float):
    freedom = pairs - 2 * (pairs // 5) - 1
    assert math.log1p(Paired(pairs, 0.0, 0.01, freedom).mde()) / 0.01 == pytest.approx(factor, abs=0.005)


def test_holms_strictest_step_finds_less():
    found = Paired(20, 0.0, math.log(1.057) / 4.08, 11)
    assert found.mde() == pytest.approx(0.057, abs=5e-4)
    assert found.mde(0.0025) == pytest.approx(0.068, abs=5e-4)


def test_one_wild_pair_changes_little():
    calm = yuen(TEN[:9])
    wild = yuen(TEN)
    assert calm is not None
    assert wild is not None
    assert wild.effect - calm.effect < 0.01


def test_four_pairs_are_none():
    assert yuen(np.zeros(4)) is None


def test_equal_arms_are_certainly_equal():
    found = yuen(np.zeros(20))
    assert found is not None
    assert (found.effect, found.p_above(), found.interval()) == (0.0, 1.0, (0.0, 0.0))
    certain = yuen(np.full(20, 0.1))
    assert certain is not None
    assert certain.p_above() < 1e-9


def test_more_pairs_are_asked_for_until_the_change_would_be_found():
    found = yuen(np.random.default_rng(1).normal(0, 0.2, 20))
    assert found is not None
    assert found.mde() > 0.1
    pairs = found.pairs_for(0.1)
    scale = found.error * (1 - 2 * 4 / 20) * math.sqrt(20)
    cut = pairs // 5
    enough = Paired(pairs, 0.0, scale / ((1 - 2 * cut / pairs) * math.sqrt(pairs)), pairs - 2 * cut - 1)
    assert enough.mde() <= 0.1
    assert pairs > 20
