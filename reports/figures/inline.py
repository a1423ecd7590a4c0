"""The figures of the page: each drawn twice, for a desk and for a phone, so that text keeps its size."""

from collections.abc import Callable
from typing import NamedTuple

from matplotlib.axes import Axes

from harness.summary import Summary
from reports.definitions import label
from reports.figures.canvas import blank, place, style, svg
from reports.figures.distribution import draw_nines, draw_shapes, spreads
from reports.figures.series import Series
from reports.figures.timeline import Key, Row, rows, shade


class Size(NamedTuple):
    """A page width for which figures are drawn. The page scales them by about 1.4."""

    name: str
    width_in: float
    left_in: float
    right_in: float
    font_pt: float


WIDE = Size("wide", 10.4, 0.5, 0.5, 8.6)
NARROW = Size("narrow", 3.45, 0.34, 0.38, 7.6)
SIZES = (WIDE, NARROW)


class Picture(NamedTuple):
    """One figure of the page. Legends and titles are HTML beside it."""

    id: str
    title: str
    keys: list[Key]
    wide: str
    narrow: str
    right_axis: str = ""


def timeline(summary: Summary, data: Series) -> list[Picture]:
    """One picture for every row of the timeline that has data."""
    return [_row(summary, data, row) for row in rows(data)]


def _row(summary: Summary, data: Series, row: Row) -> Picture:
    def draw(axes: Axes) -> None:
        row.draw(axes, data)
        shade(axes, summary, data)

    drawn = _twice(f"t-{row.id}", row.title, row.height_in, draw, None)
    return Picture(row.id, row.title, row.keys, *drawn, right_axis=row.right_axis)


def distribution(summary: Summary, metric: str, nines: bool) -> list[Picture]:
    """How `metric` was spread in each phase; with `nines`, its percentile curves as well."""
    found = spreads(summary, metric)
    if not found:
        return []
    unit = _unit(summary, metric)
    keys = [Key(spread.phase, spread.ink, "line") for spread in found]
    name = label(metric)
    height = 0.62 * len(found) + 0.36

    def shapes(axes: Axes) -> None:
        draw_shapes(axes, found)

    def curves(axes: Axes) -> None:
        draw_nines(axes, found)

    pictures = [
        Picture(
            f"{metric}-shape",
            f"{name} by phase, {unit}",
            [],
            *_twice(f"s-{metric}", name, height, shapes, 0.2),
        )
    ]
    if nines and any(spread.values.size > 1 for spread in found):
        drawn = _twice(f"n-{metric}", f"{name} by percentile", 2.5, curves, 0.46)
        pictures.append(Picture(f"{metric}-nines", f"{name} by percentile, {unit}", keys, *drawn))
    return pictures


def _unit(summary: Summary, metric: str) -> str:
    known = [*[phase.metrics.get(metric) for phase in summary.phases], summary.metrics.get(metric)]
    return next((metric.unit for metric in known if metric is not None), "ms")


def _twice(
    id: str, title: str, height_in: float, draw: Callable[[Axes], None], left_in: float | None
) -> tuple[str, str]:
    """Both sizes. Rows of the timeline share their margins; other pictures bring their left one."""
    drawn = []
    for size in SIZES:
        with style(size.font_pt):
            figure = blank(size.width_in, height_in)
            if left_in is None:
                axes = place(figure, size.left_in, size.right_in, 0.24, 0.08)
            else:
                axes = place(figure, left_in, 0.2, 0.26, 0.08)
            draw(axes)
            drawn.append(svg(figure, f"{id}-{size.name}", title))
    return drawn[0], drawn[1]
