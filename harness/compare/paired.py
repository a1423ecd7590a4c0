"""The mean of paired log ratios, robust against wild blocks: Yuen's trimmed t.

d_i = ln(q_B / q_A) of pair i. A fifth of the pairs is trimmed at either end for the mean and Winsorised for
its error, because a block in twenty meets a cron job, a neighbour or a full collection, and one such block
takes the plain t test most of its power.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from harness.metrics.samples import Floats

TRIM = 0.2
LEAST_PAIRS = 5
_POWER = 0.90


@dataclass(frozen=True)
class Paired:
    """On the log scale; `effect`, `low`, `high` and `mde` are relative changes, 0.1 being +10 %."""

    pairs: int
    mean: float
    error: float  # standard error of `mean`
    freedom: int

    @property
    def effect(self) -> float:
        return math.expm1(self.mean)

    def interval(self, sure: float = 0.99) -> tuple[float, float]:
        """The two-sided interval of the effect."""
        reach = self._quantile((1 + sure) / 2) * self.error
        return math.expm1(self.mean - reach), math.expm1(self.mean + reach)

    def p_above(self, null: float = 0.0) -> float:
        """One-sided p of "the effect is at most `null`"."""
        distance = self.mean - math.log1p(null)
        if self.error == 0:
            return 0.0 if distance > 0 else 1.0
        return float(student.sf(distance / self.error, self.freedom))

    def mde(self, alpha: float = 0.01) -> float:
        """The least change found in nine of ten comparisons at this noise."""
        return math.expm1((self._quantile(1 - alpha) + self._quantile(_POWER)) * self.error)

    def pairs_for(self, change: float, alpha: float = 0.01) -> int:
        """How many pairs would find `change` in nine of ten comparisons, were the noise as it is here."""
        scale = self.error * math.sqrt(_kept(self.pairs))
        pairs = LEAST_PAIRS
        while True:
            freedom = pairs - 2 * _cut(pairs) - 1
            factor = float(student.ppf(1 - alpha, freedom) + student.ppf(_POWER, freedom))
            if math.expm1(factor * scale / math.sqrt(_kept(pairs))) <= change or pairs > 100_000:
                return pairs
            pairs += 1 + pairs // 50

    def _quantile(self, p: float) -> float:
        return float(student.ppf(p, self.freedom))


def yuen(differences: Floats) -> Paired | None:
    """The estimate from one difference of logarithms a pair; None below five pairs."""
    pairs = len(differences)
    if pairs < LEAST_PAIRS:
        return None
    cut = _cut(pairs)
    ordered = np.sort(differences)
    middle = ordered[cut : pairs - cut]
    winsorised = np.concatenate([np.full(cut, middle[0]), middle, np.full(cut, middle[-1])])
    kept = (1 - 2 * cut / pairs) * math.sqrt(pairs)
    error = float(np.std(winsorised, ddof=1)) / kept
    return Paired(pairs, float(middle.mean()), error, pairs - 2 * cut - 1)


def _cut(pairs: int) -> int:
    return math.floor(TRIM * pairs)


def _kept(pairs: int) -> float:
    """What the square root of the pairs is worth after trimming, squared."""
    return (1 - 2 * _cut(pairs) / pairs) ** 2 * pairs
