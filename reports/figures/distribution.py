"""How one quantity was spread in each phase: small histograms over one axis."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from harness.summary import Summary
from reports.numerals import number
from reports.palette import light

PHASES = 6  # as many colours as can be told apart
_BINS = 56
_DECADES = 10_000  # from the left to the right end of a logarithmic axis, at most
DASHES = ["-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)), (0, (3, 1)), (0, (8, 2))]


class Spread(NamedTuple):
    """The values of one phase, ascending, and how many streams never had one."""

    phase: str
    ink: str
    values: np.ndarray
    n: int  # values and never reached together
    never: int
    marks: dict[str, float]  # percentiles of those that got there, as the tables print them


def spreads(summary: Summary, metric: str) -> list[Spread]:
    """Phases with at least one value, in the order of the run; the first six."""
    by_phase = summary.distributions.get(metric, {})
    order = [phase.span.name for phase in summary.phases]
    names = [name for name in order if name in by_phase] + [name for name in by_phase if name not in order]
    found: list[Spread] = []
    for name in names:
        values = np.array(by_phase[name], dtype=float)
        values = np.sort(values[np.isfinite(values)])
        if values.size:
            found.append(_spread(summary, metric, name, f"phase{len(found) % PHASES}", values))
    return found[:PHASES]


def _spread(summary: Summary, metric: str, phase: str, ink: str, values: np.ndarray) -> Spread:
    for result in summary.phases:
        if result.span.name == phase and metric in result.metrics:
            known = result.metrics[metric]
            quantiles = {name: known.ok.get(name) for name in ("p50", "p95")}
            marks = {
                name: float(quantile[0])
                for name, quantile in quantiles.items()
                if quantile is not None and isinstance(quantile[0], float | int)
            }
            return Spread(phase, ink, values, max(known.n, 1), known.censored, marks)
    return Spread(phase, ink, values, values.size, 0, {})


def draw_shapes(axes: Axes, found: list[Spread]) -> None:
    """One small histogram a phase on a shared logarithmic axis, with p50 and p95 of those that got there."""
    high = max(max(float(spread.values[-1]) for spread in found), 1e-3)
    # Reads that bring two events make gaps of nearly nothing; they are gathered at the left end.
    low = min(max(min(float(spread.values[0]) for spread in found), high / _DECADES), high / 1.5)
    low, high = low / 1.15, high * 1.15
    edges = np.geomspace(low, high, _BINS + 1)
    for place, spread in enumerate(found):
        base = len(found) - 1 - place
        counts = np.histogram(np.maximum(spread.values, low), edges)[0].astype(float)
        tops = base + 0.62 * counts / max(counts.max(), 1)
        colour = light(spread.ink)
        axes.fill_between(
            edges, base, np.append(tops, tops[-1]), step="post", color=colour, alpha=0.45, linewidth=0
        )
        axes.stairs(tops, edges, baseline=None, color=colour, linewidth=1)
        _label(axes, spread, base)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(-0.08, len(found) - 0.02)
    axes.yaxis.set_major_locator(NullLocator())
    axes.grid(True, axis="x")
    logarithmic(axes.xaxis, low, high)


def _label(axes: Axes, spread: Spread, base: int) -> None:
    """The phase's name over its row, and marks at the percentiles that have enough streams."""
    across = axes.get_yaxis_transform()
    axes.text(
        0.0,
        base + 0.70,
        _fit(spread.phase, 26),
        transform=across,
        color=light(spread.ink),
        weight="bold",
        va="bottom",
    )
    told = []
    for name, value in spread.marks.items():
        axes.plot(
            [value, value],
            [base - 0.06, base + 0.62],
            color=light("ink"),
            linewidth=0.9,
            linestyle=(0, (1, 1)),
        )
        told.append(f"{name} {number(value)}")
    axes.text(
        1.0, base + 0.70, " · ".join(told), transform=across, color=light("faint"), ha="right", va="bottom"
    )


def logarithmic(axis: object, low: float, high: float) -> None:
    """Round numbers on a logarithmic axis: 1, 2, 5 where there is room, else powers of ten."""
    narrow = high / low < 300
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if narrow else (1.0,)))  # type: ignore[attr-defined]
    axis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:,g}"))  # type: ignore[attr-defined]
    axis.set_minor_formatter(NullFormatter())  # type: ignore[attr-defined]
    axis.set_minor_locator(NullLocator())  # type: ignore[attr-defined]


def _fit(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
