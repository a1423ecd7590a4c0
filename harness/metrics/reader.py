"""A reader at a steady speed: how much of the reading time is spent waiting for text.

c_1 = a_1, c_i = max(a_i, c_(i-1) + 1/v); the stall before token i is what a_i lies beyond c_(i-1) + 1/v.
The speed is 5.3 tokens a second, silent reading of English prose; a gap that the text already on screen
covers costs the reader nothing, which is the point of the model.
"""

import numpy as np

from harness.metrics.join import Joined
from harness.metrics.samples import Bools, Floats, Ints, Samples
from harness.policies.reading import SPEED


def reading(row: Ints, us: Ints, speed: float = SPEED) -> tuple[Ints, Floats, Floats]:
    """(attempt, stalled seconds, reading seconds) of each attempt with at least two tokens.

    With b_i = a_i - i/v the recursion is c_i = i/v + max(b_1 … b_i). One running maximum over all
    attempts does, when each is lifted above everything before it.
    """
    if not len(row):
        return row, np.zeros(0), np.zeros(0)
    step_us = round(1e6 / speed)
    starts = np.flatnonzero(np.diff(row, prepend=row[0] - 1))
    number = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(row))))
    index = np.arange(len(row)) - starts[number]
    ahead = us - index * step_us
    lift = number * (int(ahead.max()) - int(ahead.min()) + 1)
    highest = np.maximum.accumulate(ahead + lift) - lift
    ends = np.append(starts[1:], len(row)) - 1
    stalled = (highest[ends] - highest[starts]) / 1e6
    played = (highest[ends] + index[ends] * step_us - us[starts]) / 1e6
    several = ends > starts
    return row[starts][several], stalled[several], played[several]


def _read(joined: Joined) -> tuple[Ints, Ints]:
    return joined.answer_arrivals.row, joined.answer_arrivals.us


def stall_ratio(joined: Joined) -> Samples:
    """Share of each stream's reading time that is waiting."""
    row, stalled, played = reading(*_read(joined))
    return Samples("share", row, stalled / played, np.ones(len(row), dtype=bool))


def reader_stall(joined: Joined) -> Samples:
    """Seconds of waiting in each stream, as ms."""
    row, stalled, _ = reading(*_read(joined))
    return Samples("ms", row, stalled * 1000.0, np.ones(len(row), dtype=bool))


def pooled_stall_ratio(joined: Joined, chosen: Bools) -> float | None:
    """Waiting of all readers over reading time of all readers."""
    row, stalled, played = reading(*_read(joined))
    mine = chosen[row]
    return float(stalled[mine].sum() / played[mine].sum()) if mine.any() else None


SERIES = {"stall_ratio": stall_ratio, "reader_stall": reader_stall}
SHARES = {"stall_ratio": pooled_stall_ratio}
