"""Fluidity index: deadlines with carried slack, 1 s for the first token and 40 ms for each later one.

A token ahead of its deadline saves the difference for later ones; a long gap misses every deadline inside
it. All in integer microseconds: the floor of a float ratio loses deadlines.
"""

import numpy as np

from harness.metrics.join import Joined
from harness.metrics.samples import Bools, Floats, Ints, Samples

FIRST_US, LATER_US = 1_000_000, 40_000
FLUID = 0.9


def fluidity_of(gaps: list[Ints]) -> Floats:
    """Index of each stream; `gaps[i]` holds the gap before token i of every stream that still has one,

    the streams sorted by falling length, so that those with token i are always the first ones.
    """
    slack = np.zeros(len(gaps[0]) if gaps else 0, dtype=np.int64)
    missed, total = np.zeros_like(slack), np.zeros_like(slack)
    for index, gap in enumerate(gaps):
        n = len(gap)
        due = FIRST_US if index == 0 else LATER_US
        saved = slack[:n]
        met = gap <= due + saved
        beyond = gap - saved
        late = 1 + (beyond - due) // LATER_US if index == 0 else beyond // LATER_US
        missed[:n] += np.where(met, 0, late)
        total[:n] += np.where(met, 1, late)
        slack[:n] = np.where(met, saved + due - gap, 0)
    return 1.0 - missed / np.maximum(total, 1)


def fluidity(joined: Joined) -> Samples:
    """One value a stream that got at least one token; the wait for the first counts from intended."""
    row, us = joined.answer_arrivals.row, joined.answer_arrivals.us
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    lengths = np.diff(np.append(starts, len(row)))
    order = np.argsort(-lengths, kind="stable")
    starts, lengths = starts[order], lengths[order]
    before = np.diff(us, prepend=0)
    owner = row[starts]
    wait_ms = joined.answer_base[owner] - joined.ms("call_intended")[owner]
    before[starts] = us[starts] + np.rint(wait_ms * 1000).astype(np.int64)
    longest = int(lengths[0]) if len(lengths) else 0
    columns = [before[starts[: np.searchsorted(-lengths, -i, side="left")] + i] for i in range(longest)]
    return Samples("index", owner, fluidity_of(columns), np.ones(len(owner), dtype=bool))


def fluid_share(joined: Joined, chosen: Bools) -> float | None:
    """Share of the streams with a fluidity of at least 0.9."""
    values = fluidity(joined).of(chosen & joined.last).values
    return float(np.mean(values >= FLUID)) if len(values) else None


SERIES = {"fluidity": fluidity}
SHARES = {"fluid_share": fluid_share}
