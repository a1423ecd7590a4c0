"""Percentiles that say how sure they are, and that are silent below their sample floor.

`all`: order statistics, a value that was never reached being infinite. `ok`: Harrell-Davis over finite
values; it weighs every order statistic, so a single infinite one would make it infinite.
"""

from functools import lru_cache

import numpy as np
from scipy.special import betainc

from harness.metrics.samples import Floats, Samples
from harness.summary import Metric, Number, Quantile

PERCENTILES = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99, "p999": 0.999}
_Z = 1.96
_SURE = 0.99


@lru_cache(maxsize=256)
def floor(p: float) -> int:
    """The least n that puts two samples beyond the p-quantile with 99 % probability."""
    low, high = 1, 2
    while not _enough(high, p):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _enough(middle, p) else (middle, high)
    return high


def _enough(n: int, p: float) -> bool:
    return bool(1 - p**n - n * (1 - p) * p ** (n - 1) >= _SURE)


def is_thin(n: int, p: float) -> bool:
    """At or above the floor, but with fewer than ten samples expected beyond the quantile."""
    return floor(p) <= n < round(10 / (1 - p), 6)


def order_quantile(ordered: Floats, p: float, independent: int) -> Quantile:
    """x of rank ceil(n p) with its 95 % interval by ranks, widened to what `independent` values are worth."""
    n = len(ordered)
    low, high = rank_interval(p, independent)
    return (
        as_number(ordered[_rank(n * p, n)]),
        as_number(ordered[_rank(np.floor(n * low), n)]),
        as_number(ordered[_rank(n * high, n)]),
    )


def rank_interval(p: float, independent: int) -> tuple[float, float]:
    """The 95 % interval of the p-quantile as two probabilities."""
    half = _Z * float(np.sqrt(p * (1 - p) / max(independent, 1)))
    return max(0.0, p - half), min(1.0, p + half)


def _rank(position: float, n: int) -> int:
    # n p of 0.95 and 140 is 133.00000000000001 in floats; the rounding keeps the rank at 133.
    return int(min(max(np.ceil(round(float(position), 9)), 1), n)) - 1


def harrell_davis(ordered: Floats, p: float) -> float:
    """The Harrell-Davis estimate of the p-quantile of finite, ascending values.

    Weights further than ten standard deviations from the quantile's rank are below 1e-15; leaving them
    out keeps two million pooled gaps at milliseconds.
    """
    n = len(ordered)
    a, b = p * (n + 1), (1 - p) * (n + 1)
    reach = 10 * float(np.sqrt(n * p * (1 - p))) + 20
    first, last = max(0, int(n * p - reach)), min(n, int(n * p + reach) + 1)
    weights = np.diff(betainc(a, b, np.arange(first, last + 1) / n))
    return float(np.dot(weights, ordered[first:last]) / weights.sum())


def metric(samples: Samples) -> Metric:
    """Both series of a metric with intervals, floors and marks."""
    every = np.sort(samples.values)
    ended = samples.finished & np.isfinite(samples.values)
    ended_values = np.sort(samples.values[ended])
    n = samples.independent
    n_ended = int(np.unique(samples.rows[ended]).size)
    result = Metric(unit=samples.unit, n=len(every), censored=samples.censored)
    for name, p in PERCENTILES.items():
        result.all[name] = order_quantile(every, p, n) if n >= floor(p) else None
        result.ok[name] = _ok_quantile(ended_values, p, n_ended) if n_ended >= floor(p) else None
        if is_thin(n, p):
            result.thin.append(name)
    return result


def _ok_quantile(ordered: Floats, p: float, independent: int) -> Quantile:
    _, low, high = order_quantile(ordered, p, independent)
    return as_number(harrell_davis(ordered, p)), low, high


def as_number(value: float) -> Number:
    """As `summary.json` writes it; six decimals are far below what any clock here resolves."""
    if np.isnan(value):
        return None
    return "inf" if np.isinf(value) else round(float(value), 6)
