"""Silences inside an answer: gaps between content events, the longest of a stream, and stalls.

A stream that ended without its marker leaves an open gap, from its last content (or, without any, from
sending) to its end. Without open gaps the worst stalls would vanish, because they never ended. A refusal
is an answer, not a silence. Where an answer went on in another attempt, the silence between the two is a gap
like any other.
"""

import numpy as np

from harness.metrics.join import Joined
from harness.metrics.samples import Bools, Floats, Ints, Samples

STALL_MS = 1000.0


def open_gaps(joined: Joined) -> Floats:
    """One value an attempt, ms; NaN where the end marker or a refusal came, or nothing was ever sent."""
    last = joined.ms("answer_last_content")
    since = np.where(np.isnan(last), joined.ms("sent"), last)
    ended = np.isfinite(joined.ms("terminal")) | joined.is_outcome("completed", "refused", "rate_limited")
    ended |= ~joined.attempts["answer_last"].to_numpy(dtype=bool)
    length: Floats = np.where(ended, np.nan, np.maximum(joined.ms("closed") - since, 0.0))
    return length


def closed_gaps(joined: Joined) -> tuple[Ints, Floats]:
    """(attempt, ms) of every gap between two content events of one answer, at its last attempt."""
    content = joined.answer_content
    inner = content.same_row
    return content.row[1:][inner], np.diff(content.us)[inner] / 1000.0


def pooled(joined: Joined) -> Samples:
    """All gaps of all streams; the open ones count with their length so far."""
    rows, values = closed_gaps(joined)
    opened = open_gaps(joined)
    still = np.flatnonzero(np.isfinite(opened) & joined.sampled)
    return Samples(
        "ms",
        np.concatenate([rows, still]),
        np.concatenate([values, opened[still]]),
        np.concatenate([np.ones(len(rows), dtype=bool), np.zeros(len(still), dtype=bool)]),
    )


def longest(joined: Joined) -> Samples:
    """The longest gap of each stream, open ones and those of earlier attempts included."""
    every = pooled(joined)
    owner = joined.attempts["stream_row"].to_numpy(dtype=np.int64)[every.rows]
    best = np.full(len(joined.attempts), -1.0)
    np.maximum.at(best, owner, every.values)
    opened = np.zeros(len(best), dtype=bool)
    at_best = ~every.finished & (every.values >= best[owner])
    opened[owner[at_best]] = True
    rows = np.flatnonzero(best >= 0)
    return Samples("ms", rows, best[rows], ~opened[rows])


def stalled_share(joined: Joined, chosen: Bools) -> float | None:
    """Share of the streams that had at least one silence of more than a second."""
    values = longest(joined).of(chosen & joined.last).values
    return float(np.mean(values > STALL_MS)) if len(values) else None


def stalls_per_1000_tokens(joined: Joined, chosen: Bools) -> float | None:
    tokens = int(joined.attempts["tokens"].to_numpy()[chosen & joined.sampled].sum())
    stalls = int(np.count_nonzero(pooled(joined).of(chosen).values > STALL_MS))
    return 1000.0 * stalls / tokens if tokens else None


SERIES = {"gap": pooled, "max_gap": longest}
SHARES = {"stalled_share": stalled_share, "stalls_per_1000_tokens": stalls_per_1000_tokens}
