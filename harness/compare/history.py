"""A new run against runs stored on the same machine, and slow changes over many of them."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.stats import t as student

from harness.metrics.samples import Floats
from harness.plan.draws import Rng

LEAST_RUNS = 5
_SURE = 0.99


@dataclass(frozen=True)
class Standing:
    """Where a run lies among its predecessors, in their standard deviations of the logarithm."""

    runs: int
    distance: float
    critical: float

    @property
    def worse(self) -> bool:
        return self.distance > self.critical


def standing(new: float, stored: Floats) -> Standing | None:
    """Latency `new` against `stored` ones of k >= 5 earlier runs; None with fewer, or when all are equal.

    It fails where (y - mean) / (s sqrt(1 + 1/k)) exceeds t_.99 with k - 1 degrees of freedom; `distance` and
    `critical` are both without that square root, in units of s.
    """
    k = len(stored)
    if k < LEAST_RUNS:
        return None
    logs = np.log(stored)
    spread = float(np.std(logs, ddof=1))
    if spread == 0:
        return None
    critical = float(student.ppf(_SURE, k - 1)) * math.sqrt(1 + 1 / k)
    return Standing(k, (math.log(new) - float(logs.mean())) / spread, critical)


@dataclass(frozen=True)
class Change:
    """From run number `at` on (counted from 0) the values lie elsewhere: by the factor `ratio`."""

    at: int
    ratio: float
    p: float


def change_points(values: Floats, rng: Rng, *, least: float = 0.03, p: float = 0.01) -> list[Change]:
    """Advisory: where a series of nightly medians shifts, by energy distance with permutations.

    Divides the series where the two sides differ most, keeps the place if fewer than a share `p` of shuffles
    differ as much, and goes on in both halves. Sides hold five runs at least; a shift below `least` is not
    told. A trend alarm and never a gate.
    """
    logs = np.log(values)
    cuts = sorted(_cuts(logs, 0, len(logs), rng, p))
    edges = [0, *[at for at, _ in cuts], len(logs)]
    found = []
    for (before, at), (_, after), (_, chance) in zip(
        pairwise(edges), list(pairwise(edges))[1:], cuts, strict=False
    ):
        ratio = math.exp(float(np.median(logs[at:after]) - np.median(logs[before:at])))
        if abs(ratio - 1) >= least:
            found.append(Change(at, ratio, chance))
    return found


def _cuts(logs: Floats, start: int, end: int, rng: Rng, p: float) -> list[tuple[int, float]]:
    part = logs[start:end]
    if len(part) < 2 * LEAST_RUNS:
        return []
    distances = np.abs(part[:, None] - part[None, :])
    at, seen = _best(distances)
    shuffles = 499
    order = [rng.permutation(len(part)) for _ in range(shuffles)]
    above = sum(_best(distances[np.ix_(places, places)])[1] >= seen for places in order)
    chance = (1 + above) / (1 + shuffles)
    if chance > p:
        return []
    here = start + at
    return [*_cuts(logs, start, here, rng, p), (here, chance), *_cuts(logs, here, end, rng, p)]


def _best(distances: Floats) -> tuple[int, float]:
    """The division with the largest scaled energy distance between its sides, and that distance."""
    n = len(distances)
    total = np.cumsum(np.cumsum(distances, axis=0), axis=1)
    best, at = -math.inf, LEAST_RUNS
    for cut in range(LEAST_RUNS, n - LEAST_RUNS + 1):
        m, k = cut, n - cut
        within_left = total[cut - 1, cut - 1]
        between = total[cut - 1, n - 1] - within_left
        within_right = total[n - 1, n - 1] - within_left - 2 * between
        energy = 2 * between / (m * k) - within_left / m**2 - within_right / k**2
        scaled = m * k / n * float(energy)
        if scaled > best:
            best, at = scaled, cut
    return at, best
