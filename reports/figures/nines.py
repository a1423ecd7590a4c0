"""Percentiles with their intervals by nines: on this axis 0, 90, 99 and 99.9 % are equally far apart."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter

from harness.summary import Curve, Number, Summary
from reports.figures.distribution import DASHES, PHASES, logarithmic
from reports.palette import light

_MARKS = {0.0: "0", 0.5: "p50", 0.9: "p90", 0.95: "p95", 0.99: "p99", 0.999: "p99.9", 0.9999: "p99.99"}


class Line(NamedTuple):
    """One curve to draw: of a phase of this run, or of one of several runs."""

    name: str
    ink: str
    curve: Curve


class Limit(NamedTuple):
    """An objective: a percentile and the value that it must stay below."""

    p: float
    value: float


def of_phases(summary: Summary, metric: str) -> list[Line]:
    """The curves of one metric in the order of the run; the first six."""
    known = summary.curves.get(metric, {})
    order = [phase.span.name for phase in summary.phases]
    names = [name for name in order if name in known] + [name for name in known if name not in order]
    return [Line(name, f"phase{place}", known[name]) for place, name in enumerate(names[:PHASES])]


def limits(summary: Summary, metric: str, phase: str | None = None) -> list[Limit]:
    """The plan's limits to percentiles of one metric, each once; those of one phase, or of all."""
    mine = [one for one in summary.objectives if one.metric == metric and phase in (None, one.phase)]
    return [Limit(p, value) for p, value in dict.fromkeys((one.percent / 100, one.limit) for one in mine)]


def drawable(lines: list[Line]) -> bool:
    return any(_finite(line.curve.value).size > 1 for line in lines)


def draw(axes: Axes, lines: list[Line], objectives: list[Limit]) -> None:
    """Every curve over its 95 % band. It ends in a cross where the streams begin that never got there."""
    furthest, seen = 1.0, [one.value for one in objectives]
    for place, line in enumerate(lines):
        curve = line.curve
        values = _finite(curve.value)
        if not values.size:
            continue
        x = -np.log10(1 - np.array(curve.p))
        low, high = _finite(curve.low)[: values.size], _finite(curve.high)
        colour = light(line.ink)
        seen += [float(values[0]), float(values[-1])]
        # Where the upper end of the interval is infinite, the band goes on to the last value known.
        high = np.append(
            high, np.full(max(values.size - high.size, 0), high[-1] if high.size else values[-1])
        )
        axes.fill_between(x[: values.size], low, high[: values.size], color=colour, alpha=0.15, linewidth=0)
        axes.plot(
            x[: values.size], values, color=colour, linestyle=DASHES[place % len(DASHES)], linewidth=1.6
        )
        if values.size < len(curve.p):
            axes.plot(
                x[values.size - 1], values[-1], color=colour, marker="x", markersize=6, markeredgewidth=1.6
            )
        furthest = max(furthest, float(x[-1]))
    for one in objectives:
        axes.axhline(one.value, color=light("limit"), linewidth=0.9, linestyle=(0, (6, 3)))
        axes.plot(-np.log10(1 - one.p), one.value, color=light("limit"), marker="v", markersize=6)
        furthest = max(furthest, float(-np.log10(1 - one.p)))
    _axes(axes, furthest * 1.03, [value for value in seen if value > 0])


def _finite(values: list[Number]) -> np.ndarray:
    """The leading values that were reached; percentiles rise, so infinity stays."""
    found = np.array([np.inf if value in ("inf", None) else value for value in values], dtype=float)
    reached: np.ndarray = np.maximum(found[np.isfinite(found)], 1e-3)
    return reached


def _axes(axes: Axes, right: float, seen: list[float]) -> None:
    places = {-np.log10(1 - p): word for p, word in _MARKS.items() if -np.log10(1 - p) <= right}
    axes.set_xlim(0, right)
    axes.xaxis.set_major_locator(FixedLocator(list(places)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda _value, place: list(places.values())[place]))
    axes.set_yscale("log")
    axes.grid(True, axis="both")
    if seen:
        axes.set_ylim(min(seen) / 1.2, max(max(seen) * 1.2, min(seen) * 2))
    low, high = axes.get_ylim()
    logarithmic(axes.yaxis, low, high)
