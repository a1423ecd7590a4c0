"""Times to something that may not have happened yet: Kaplan-Meier, and intervals that respect cohorts.

Leaving out what has not happened by the end would flatter: those are the slow ones.
"""

import numpy as np

from harness.metrics.samples import Bools, Floats, Ints
from harness.summary import Spread

_ROUNDS = 400
_PERCENTILES = (0.5, 0.9, 0.99)


def quantiles(times: Floats, happened: Bools, shares: tuple[float, ...]) -> list[float | None]:
    """For each share: by when the thing had happened to that share; None where the curve never gets there.

    `times` of what has not happened are how long it was watched.
    """
    if not len(times):
        return [None] * len(shares)
    order = np.lexsort(
        (~happened, times)
    )  # at one instant, what happened comes before what was lost sight of
    times, happened = times[order], happened[order]
    at_risk = len(times) - np.arange(len(times))
    still = np.cumprod(np.where(happened, 1.0 - 1.0 / at_risk, 1.0))
    found = [np.flatnonzero(happened & (still <= 1.0 - share + 1e-12)) for share in shares]
    return [float(times[rows[0]]) if len(rows) else None for rows in found]


def spread(times: Floats, happened: Bools, cohorts: Ints, seed: int) -> Spread | None:
    """p50, p90, p99 in ms, and the 95 % interval of p50 from whole cohorts drawn again.

    Users of a cohort share their fate, so one cohort gives no interval. None without a value.
    """
    if not len(times):
        return None
    p50, p90, p99 = (_rounded(value) for value in quantiles(times, happened, _PERCENTILES))
    low, high = _interval(times, happened, cohorts, seed)
    return Spread(
        n=len(times), censored=int(np.count_nonzero(~happened)), cohorts=len(np.unique(cohorts)),
        p50=p50, p90=p90, p99=p99, low=low, high=high,
    )  # fmt: skip


def _interval(times: Floats, happened: Bools, cohorts: Ints, seed: int) -> tuple[float | None, float | None]:
    names = np.unique(cohorts)
    if len(names) < 2:
        return None, None
    members = [np.flatnonzero(cohorts == name) for name in names]
    rng = np.random.default_rng(seed)
    medians = []
    for drawn in rng.integers(len(names), size=(_ROUNDS, len(names))):
        rows = np.concatenate([members[place] for place in drawn])
        medians.append(quantiles(times[rows], happened[rows], (0.5,))[0])
    reached = np.array([np.inf if median is None else median for median in medians])
    ends = np.percentile(reached, [2.5, 97.5], method="inverted_cdf")
    low, high = (_rounded(float(end)) if np.isfinite(end) else None for end in ends)
    return low, high


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
