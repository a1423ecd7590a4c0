"""The timeline as a table, for those who cannot or would rather not read it from charts."""

from typing import NamedTuple

import numpy as np

from reports.figures.series import Series
from reports.numerals import number
from reports.outcomes import WORDS, ordered

MOST_ROWS = 60
_HEADS = {
    "in_flight": "in flight",
    "provider_in_flight": "in flight at provider",
    "ttft_p50": "TTFT p50, ms",
    "ttft_p95": "TTFT p95, ms",
    "tokens_emitted": "tokens/s emitted",
    "tokens_delivered": "tokens/s delivered",
    "stalled": "stalled",
    "intended": "wanted/s",
    "started": "begun/s",
    "dropped": "never begun/s",
    "loop_lag_ms": "loop lag, ms",
    "gc_ms": "collection, ms",
    "cpu": "CPU",
}
_WORST = {"ttft_p50", "ttft_p95", "stalled", "loop_lag_ms", "gc_ms", "cpu"}


class TimelineTable(NamedTuple):
    step_s: float
    heads: list[str]
    rows: list[list[str]]


def timeline_table(series: Series) -> TimelineTable:
    """At most sixty rows. A row of several seconds shows its worst TTFT, stalls and lag, else means."""
    names = [name for name in _HEADS if name in series.values]
    outcomes = ordered(series.outcomes)
    step = -(-len(series.middles) // MOST_ROWS)
    rows = []
    for first in range(0, len(series.middles), step):
        part = slice(first, first + step)
        cells = [_cell(series.values[name][part], name in _WORST) for name in names]
        counts = [number(int(np.nansum(series.outcomes[name][part] * series.bin_s))) for name in outcomes]
        rows.append([f"{series.edges[first]:g} s", *cells, *counts])
    heads = ["from", *[_HEADS[name] for name in names], *[WORDS.get(name, name) for name in outcomes]]
    return TimelineTable(step * series.bin_s, heads, rows)


def _cell(values: np.ndarray, worst: bool) -> str:
    values = values[np.isfinite(values)]
    if not values.size:
        return number(None)
    value = float(values.max() if worst else values.mean())
    return number(int(value)) if value == int(value) else number(value)
