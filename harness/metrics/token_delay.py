"""Arrival minus emission of every single token. Needs the ledger, and both ends on one clock."""

import numpy as np

from harness.metrics.join import Joined
from harness.metrics.samples import Samples


def token_delay(joined: Joined) -> Samples:
    """Pooled over streams. Token i of an attempt is paired with token i of its last upstream request,

    so attempts whose tokens did not arrive as an exact prefix, or had others than text before them, are left
    out. So are answers asked for in one piece, whose tokens are to wait for the last.
    """
    attempts = joined.attempts
    broken = attempts[["lost", "duplicated", "reordered", "crosstalk", "altered"]].sum(axis=1) > 0
    paired = (attempts["up_row"] >= 0) & ~broken & attempts["verified"] & (attempts["up_n"] == 1)
    paired &= (attempts["up_other_tokens"] == 0) & joined.streamed
    arrivals, emissions = joined.arrivals, joined.emissions
    first = np.searchsorted(emissions.row, np.arange(len(joined.upstream) + 1))
    upstream_row = attempts["up_row"].to_numpy(dtype=np.int64)[arrivals.row]
    index = arrivals.index_in_row()
    known = paired.to_numpy(dtype=bool)[arrivals.row]
    known &= index < np.where(upstream_row >= 0, np.diff(first)[upstream_row] if len(first) > 1 else 0, 0)
    rows, ups = arrivals.row[known], upstream_row[known]
    arrived = joined.ms("sent")[rows] + arrivals.us[known] / 1000.0
    if not len(rows):
        return Samples("ms", rows, np.zeros(0), np.zeros(0, dtype=bool))
    left = joined.upstream["received"].to_numpy()[ups] + emissions.us[first[ups] + index[known]] / 1000.0
    return Samples("ms", rows, arrived - left, np.ones(len(rows), dtype=bool))


SERIES = {"token_delay": token_delay}
