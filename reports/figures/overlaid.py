"""Time series of several runs over one axis, a line a run."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from harness.summary import Summary
from reports.figures.inline import Picture, twice
from reports.figures.row import Key
from reports.figures.series import Series, series
from reports.figures.timeline import short
from reports.palette import light

_ROWS = {
    "in_flight": "Streams in flight",
    "ttft_p50": "TTFT p50 of the second, ms",
    "ttft_p95": "TTFT p95 of the second, ms",
    "tokens_delivered": "Tokens per second, delivered",
    "stalled": "Streams stalled for more than 1 s",
    "started": "Streams begun per second",
}

Run = tuple[str, str, Summary]  # name, ink, summary


def timelines(runs: list[Run]) -> list[Picture]:
    """One picture for every series that at least two runs have."""
    known = [(name, ink, data) for name, ink, summary in runs if (data := series(summary)) is not None]
    end_s = max((data.end_s for _, _, data in known), default=0.0)
    pictures: list[Picture] = []
    for id, title in _ROWS.items():
        having = [(name, ink, data) for name, ink, data in known if id in data.values]
        if len(having) < 2:
            continue

        def draw(axes: Axes, id: str = id, having: list[tuple[str, str, Series]] = having) -> None:
            _lines(axes, id, having, end_s)

        keys = [Key(name, ink, "line") for name, ink, _ in having]
        pictures.append(Picture(f"over-{id}", title, keys, *twice(f"o-{id}", title, 1.3, draw, None)))
    return pictures


def _lines(axes: Axes, id: str, having: list[tuple[str, str, Series]], end_s: float) -> None:
    for _, ink, data in having:
        values = data.values[id]
        if id.startswith("ttft"):
            axes.plot(data.middles, values, color=light(ink), marker="o", markersize=1.8)
        else:
            axes.stairs(np.nan_to_num(values), data.edges, baseline=None, color=light(ink))
    axes.set_xlim(0, max(end_s, 1.0))
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(short))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:g} s"))
