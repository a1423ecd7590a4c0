"""How many gaps of each length ended in each moment: the picture of a buffer, a stall, a slow network."""

import numpy as np

from harness.metrics.join import Joined
from harness.summary import GapHeat

SHORTEST_MS, LONGEST_MS = 1.0, 100_000.0
PER_DECADE = 6
MOST_COLUMNS = 240  # more than a chart has room for


def gap_heat(joined: Joined, seconds: int) -> GapHeat | None:
    """Gaps between content events over the first `seconds` of the run; None without any.

    Gaps shorter than a millisecond, of events that came in one read, are in the first row.
    """
    content = joined.answer_content
    inner = np.flatnonzero(content.same_row)
    if not len(inner) or seconds < 1:
        return None
    ended_s = (joined.answer_base[content.row[inner]] + content.us[inner + 1] / 1000.0) / 1000.0
    gap_ms = np.maximum((content.us[inner + 1] - content.us[inner]) / 1000.0, SHORTEST_MS)
    bin_s = -(-seconds // MOST_COLUMNS)
    columns = -(-seconds // bin_s)
    usable = (ended_s >= 0) & (ended_s < columns * bin_s)
    rows = round(np.log10(LONGEST_MS / SHORTEST_MS) * PER_DECADE)
    # The tiny addition keeps 10 ms, whose logarithm is a rounding error short of 1, in its own row.
    row = np.minimum(np.log10(gap_ms[usable]) * PER_DECADE + 1e-9, rows - 1).astype(np.int64)
    place = (ended_s[usable] // bin_s).astype(np.int64) * rows + row
    counts = np.bincount(place, minlength=columns * rows).reshape(columns, rows)
    if not counts.any():
        return None
    top = int(np.flatnonzero(counts.any(axis=0))[-1]) + 1
    edges = SHORTEST_MS * 10.0 ** (np.arange(top + 1) / PER_DECADE)
    return GapHeat(
        bin_s=bin_s, edges_ms=[round(float(edge), 4) for edge in edges], counts=counts[:, :top].tolist()
    )
