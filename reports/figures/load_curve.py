"""A capacity search: time to first token and goodput at each load, decided or not, up and down."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from harness.plan.slo import parse_slo
from harness.summary import Capacity, CapacityStep
from reports.figures.distribution import logarithmic
from reports.figures.row import Key
from reports.figures.timeline import short
from reports.palette import light

KEYS = [
    Key("TTFT p50", "p50", "line"),
    Key("TTFT p95", "p95", "line"),
    Key("objective", "limit", "dash"),
    Key("passed", "p95", "dot"),
    Key("did not pass", "limit", "cross"),
]
GOODPUT_KEYS = [Key("goodput ratio", "delivered", "line")]


def drawable(capacity: Capacity) -> bool:
    return sum(step.ttft_p95_ms is not None for step in capacity.steps) > 1


def limits_ms(capacity: Capacity) -> list[float]:
    """What the search's objectives on a percentile of TTFT allow."""
    limits = []
    for text in capacity.objectives:
        try:
            found = parse_slo(text)
        except ValueError:
            continue  # of a newer version; the page has it in words
        if found.percent is not None and found.metric.startswith("ttft"):
            limits.append(found.limit)
    return limits


def draw_ttft(axes: Axes, capacity: Capacity, limits_ms: list[float]) -> None:
    """Steps by load; on the way down they are joined by dashes. The bracket of the answer is shaded."""
    _bracket(axes, capacity)
    seen = list(limits_ms)
    for name, ink in (("ttft_p50_ms", "p50"), ("ttft_p95_ms", "p95")):
        for direction, line in (("up", "-"), ("down", (0, (2, 2)))):
            points = _points(capacity, name, direction)
            if points:
                x, y = zip(*((step.load, value) for step, value in points), strict=True)
                axes.plot(x, y, color=light(ink), linestyle=line, linewidth=1.4)
                seen += y
    for step, value in _points(capacity, "ttft_p95_ms", "up") + _points(capacity, "ttft_p95_ms", "down"):
        passed = step.decision == "PASS"
        axes.plot(
            step.load, value, linestyle="none", marker="o" if passed else "x", markersize=5,
            markeredgewidth=1.6, color=light("p95" if passed else "limit"),
        )  # fmt: skip
    for limit in limits_ms:
        axes.axhline(limit, color=light("limit"), linewidth=0.9, linestyle=(0, (6, 3)))
    positive = [value for value in seen if value > 0]
    if positive and max(positive) > 10 * min(positive):
        axes.set_yscale("log")
        logarithmic(axes.yaxis, *axes.get_ylim())
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_ylim(0, max(positive, default=1.0) * 1.1)
    axes.yaxis.set_major_formatter(FuncFormatter(short))
    _loads(axes, capacity)


def draw_goodput(axes: Axes, capacity: Capacity) -> None:
    _bracket(axes, capacity)
    for direction, line in (("up", "-"), ("down", (0, (2, 2)))):
        points = _points(capacity, "goodput_ratio", direction)
        if points:
            x, y = zip(*((step.load, value) for step, value in points), strict=True)
            axes.plot(x, y, color=light("delivered"), linestyle=line, marker="o", markersize=4)
    axes.set_ylim(0, 1.05)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    _loads(axes, capacity)


def _points(capacity: Capacity, name: str, direction: str) -> list[tuple[CapacityStep, float]]:
    """The steps that have the value, by load."""
    mine = [step for step in capacity.steps if step.direction == direction]
    found = [(step, getattr(step, name)) for step in mine if getattr(step, name) is not None]
    return sorted(found, key=lambda point: point[0].load)


def _bracket(axes: Axes, capacity: Capacity) -> None:
    if capacity.low is not None and capacity.high is not None:
        axes.axvspan(capacity.low, capacity.high, color=light("band_fault"), alpha=0.18, linewidth=0)


def _loads(axes: Axes, capacity: Capacity) -> None:
    loads = np.array([step.load for step in capacity.steps])
    axes.set_xlim(0, float(loads.max()) * 1.05)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(short))
