"""Streams drawn one by one: the wait, the first token, every gap by its class, and how it ended."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from harness.summary import GalleryStream
from reports.figures.row import Key
from reports.palette import light

CLASSES = ("flowing", "slow", "stall1", "stall2")
KEYS = [
    Key("before it was sent", "before", "area"),
    Key("waiting for the first token", "first", "area"),
    Key("flowing, gaps to 200 ms", "flowing", "area"),
    Key("to 1 s", "slow", "area"),
    Key("to 2 s", "stall1", "area"),
    Key("longer", "stall2", "area"),
    Key("broke off", "limit", "cross"),
]
READER = 5.3  # tokens a second, the reader model of the stall ratio
_ROOM = 0.02  # of the axis, right of the end of a stream


def height_in(streams: Sequence[GalleryStream]) -> float:
    return 0.165 * len(streams) + 0.4


def draw(axes: Axes, streams: Sequence[GalleryStream]) -> None:
    """One line a stream, the first on top; seconds since the schedule wanted it."""
    end_s = max([_end_ms(stream) for stream in streams] + [100.0]) / 1000
    for place, stream in enumerate(streams):
        _stream(axes, len(streams) - 1 - place, stream, end_s)
    axes.set_xlim(0, end_s * 1.02)
    axes.set_ylim(-0.7, len(streams) - 0.3)
    axes.set_yticks(range(len(streams)), [f"{stream.stream}" for stream in reversed(streams)])
    axes.grid(True, axis="x")
    axes.grid(False, axis="y")
    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:g} s"))


def _stream(axes: Axes, y: int, stream: GalleryStream, end_s: float) -> None:
    sent = next((value for value in stream.sent_ms if value is not None), None)
    end = _end_ms(stream)
    _bar(axes, y, [(0.0, end if sent is None else sent)], "before")
    if sent is not None:
        first = stream.first_content_ms
        _bar(axes, y, [(sent, end if first is None else first)], "first")
    for kind, ink in enumerate(CLASSES):
        _bar(axes, y, [(start, stop) for start, stop, one in stream.flow if one == kind], ink)
    last = max([stop for _, stop, _ in stream.flow], default=stream.first_content_ms)
    if last is not None and stream.outcome != "completed" and end > last:
        _bar(axes, y, [(last, end)], "stall2" if end - last > 2000 else "slow")
    for at, outcome in zip(stream.ended_ms, stream.outcomes, strict=False):
        if at is not None and outcome not in ("completed", "cancelled", "interrupted"):
            _cross(axes, at / 1000, y)
    if stream.outcome != "completed":
        left = end / 1000 > 0.75 * end_s
        axes.annotate(
            stream.outcome.replace("_", " "),
            (end / 1000, y),
            xytext=(-7 if left else 7, 0),
            textcoords="offset points",
            color=light("ink") if left else light("faint"),
            ha="right" if left else "left",
            va="center",
        )


def _cross(axes: Axes, x: float, y: float) -> None:
    """Red on its own could not be seen on the bar of a long gap."""
    axes.plot(x, y, color=light("halo"), marker="x", markersize=7.5, markeredgewidth=4)
    axes.plot(x, y, color=light("limit"), marker="x", markersize=5.5, markeredgewidth=1.7)


def _bar(axes: Axes, y: int, spans: list[tuple[float, float]], ink: str) -> None:
    wide = [(start / 1000, max(stop - start, 0.0) / 1000) for start, stop in spans]
    if wide:
        axes.broken_barh(wide, (y - 0.3, 0.6), color=light(ink), linewidth=0)


def _end_ms(stream: GalleryStream) -> float:
    ends = [value for value in [*stream.ended_ms, stream.first_content_ms] if value is not None]
    return max([*ends, *[stop for _, stop, _ in stream.flow], 0.0])


def draw_curve(axes: Axes, stream: GalleryStream) -> None:
    """Tokens received over time, against a reader who began with the first of them."""
    points = np.array([(0.0, 0), *stream.curve, (max(_end_ms(stream), 1.0), 0)], dtype=float)
    points[-1, 1] = points[-2, 1]
    axes.step(points[:, 0] / 1000, points[:, 1], where="post", color=light("delivered"), linewidth=1.3)
    top = max(float(points[:, 1].max()), 1.0)
    if stream.curve:
        start = stream.curve[0][0] / 1000
        stop = min(points[-1, 0] / 1000, start + top / READER)
        axes.plot(
            [start, stop], [1, 1 + (stop - start) * READER], color=light("faint"), linewidth=0.9,
            linestyle=(0, (4, 2)),
        )  # fmt: skip
    axes.set_xlim(0, points[-1, 0] / 1000)
    axes.set_ylim(0, top * 1.08)
    axes.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:g} s"))
    axes.set_title(f"{stream.stream}, {stream.outcome.replace('_', ' ')}", loc="left", color=light("ink"))
