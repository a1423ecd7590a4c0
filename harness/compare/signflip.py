"""Shares and ratios: were the signs of the pairs' differences a matter of chance?"""

import numpy as np

from harness.metrics.samples import Floats
from harness.plan.draws import Rng

_EXACT_UP_TO = 14  # pairs: 16,384 sign patterns
_DRAWN = 9_999


def sign_flip(differences: Floats, rng: Rng) -> float:
    """One-sided p of "the mean difference is at most 0", over all flips of signs, or 9,999 drawn ones.

    The smallest p is 2^-P where all are tried and 1/10,000 where they are drawn.
    """
    pairs = len(differences)
    if pairs == 0:
        return 1.0
    seen = float(differences.sum())
    edge = seen - 1e-12 * max(1.0, float(np.abs(differences).sum()))
    if pairs <= _EXACT_UP_TO:
        patterns = (np.arange(2**pairs)[:, None] >> np.arange(pairs)) & 1
        return float(np.mean((1 - 2 * patterns) @ differences >= edge))
    signs = rng.integers(0, 2, size=(_DRAWN, pairs)) * 2 - 1
    return float((1 + np.count_nonzero(signs @ differences >= edge)) / (_DRAWN + 1))
