"""Anderson and Darling's test against a law that is known whole, parameters included. Pure."""

import numpy as np
from scipy.integrate import quad
from scipy.special import poch

from harness.metrics.samples import Floats

_NOWHERE = 1e-300  # a value at the very edge of its law weighs much, but not infinitely
_TERMS = 12  # of the series; the last ones are below 1e-9 wherever they are used
_CERTAIN = 40.0  # beyond, the probability is below 1e-17


def statistic(u: Floats) -> float:
    """A² of values that the law's distribution function has turned into shares between 0 and 1."""
    u = np.clip(np.sort(u), _NOWHERE, 1.0 - np.finfo(np.float64).epsneg)
    n = len(u)
    weights = 2.0 * np.arange(1, n + 1) - 1.0
    return float(-n - np.sum(weights * (np.log(u) + np.log1p(-u[::-1]))) / n)


def p_value(a2: float) -> float:
    """Chance of an A² of at least `a2` under the law, in the limit of many values.

    The limit is reached early: from some ten values on it differs by a few thousandths at most. The series
    is that of Anderson and Darling (1952).
    """
    if a2 <= 0.05:  # the least possible values, where the series has only rounding to give
        return 1.0
    if a2 >= _CERTAIN:
        return 0.0
    below = sum(_term(j, a2) for j in range(_TERMS)) * np.sqrt(2 * np.pi) / a2
    return float(np.clip(1.0 - below, 0.0, 1.0))


def _term(j: int, a2: float) -> float:
    k = 4 * j + 1
    sharp = (k * np.pi) ** 2 / (8.0 * a2)
    # (-1)^j binom(-1/2, j) with its sign: Gamma(j + 1/2) / (Gamma(1/2) j!), by turns.
    size = (-1) ** j * poch(0.5, j) / poch(1.0, j)
    area, _ = quad(lambda w: np.exp(a2 / (8.0 * (w * w + 1.0)) - sharp * w * w), 0.0, np.inf)
    return float(size * k * np.exp(-sharp) * area)
