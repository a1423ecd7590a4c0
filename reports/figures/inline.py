"""The figures of the page: each drawn twice, for a desk and for a phone, so that text keeps its size."""

from collections.abc import Callable
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.summary import GalleryStream, Summary
from reports.definitions import label
from reports.figures import effects, gallery, load_curve, nines
from reports.figures.canvas import blank, place, style, svg
from reports.figures.distribution import draw_shapes, spreads
from reports.figures.row import Key, Row
from reports.figures.series import Series
from reports.figures.timeline import rows, shade


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

    drawn = twice(f"t-{row.id}", row.title, row.height_in, draw, None)
    return Picture(row.id, row.title, row.keys, *drawn, right_axis=row.right_axis)


def distribution(summary: Summary, metric: str) -> list[Picture]:
    """How `metric` was spread in each phase, and its percentile curves where there are enough streams."""
    found = spreads(summary, metric)
    unit = _unit(summary, metric)
    name = label(metric)
    pictures: list[Picture] = []
    if found:

        def shapes(axes: Axes) -> None:
            draw_shapes(axes, found)

        drawn = twice(f"s-{metric}", name, 0.62 * len(found) + 0.36, shapes, 0.2)
        pictures.append(Picture(f"{metric}-shape", f"{name} by phase, {unit}", [], *drawn))
    lines, limits = nines.of_phases(summary, metric), nines.limits(summary, metric)
    if nines.drawable(lines):
        pictures.append(by_nines(metric, f"{name} by percentile, {unit}", lines, limits))
    return pictures


def by_nines(metric: str, title: str, lines: list[nines.Line], limits: list[nines.Limit]) -> Picture:
    """Percentile curves with their bands, one a line."""

    def curves(axes: Axes) -> None:
        nines.draw(axes, lines, limits)

    keys = [Key(line.name, line.ink, "line") for line in lines]
    keys += [Key("limit of the plan", "limit", "dash")] if limits else []
    return Picture(f"{metric}-nines", title, keys, *twice(f"n-{metric}", title, 2.5, curves, 0.46))


def capacity(summary: Summary) -> list[Picture]:
    """TTFT and goodput against load, where a search has steps to draw."""
    found = summary.capacity
    if found is None or not load_curve.drawable(found):
        return []
    limits = load_curve.limits_ms(found)
    ttft = twice("c-ttft", "TTFT", 2.6, lambda axes: load_curve.draw_ttft(axes, found, limits), 0.46)
    keys = [key for key in load_curve.KEYS if limits or key.mark != "dash"]
    pictures = [Picture("capacity-ttft", f"TTFT in ms against {found.unit}", keys, *ttft)]
    if any(step.goodput_ratio is not None for step in found.steps):
        goodput = twice(
            "c-goodput", "Goodput ratio", 1.3, lambda axes: load_curve.draw_goodput(axes, found), 0.46
        )
        title = f"Goodput ratio against {found.unit}"
        pictures.append(Picture("capacity-goodput", title, load_curve.GOODPUT_KEYS, *goodput))
    return pictures


def comparison(summary: Summary) -> list[Picture]:
    """How far each gate moved, and its blocks in the order of the run."""
    found = summary.compare
    if found is None:
        return []
    pictures: list[Picture] = []
    gates = effects.shown(found)
    if gates:
        title = "Change of each gate, % of a quantile or points of a share; to the right is worse"
        height = effects.ROW_IN * len(gates) + 0.5
        drawn = twice("x-effects", title, height, lambda axes: effects.draw_effects(axes, found), 0.2)
        pictures.append(Picture("effects", title, effects.EFFECT_KEYS, *drawn))
    for number, gate in enumerate(effects.block_gates(found)):

        def blocks(axes: Axes, gate: str = gate) -> None:
            effects.draw_blocks(axes, found, gate)

        title = f"{gate} of each block, in the order of the run"
        drawn = twice(f"x-blocks{number}", title, 1.5, blocks, 0.46)
        pictures.append(Picture(f"blocks-{number}", title, effects.BLOCK_KEYS, *drawn))
    return pictures


_GROUPS = {
    "worst": "The ten who waited longest in one go",
    "median": "Ten in the middle",
    "random": "Ten drawn by the seed",
}


def streams(summary: Summary) -> list[Picture]:
    """The gallery, a picture a group, then the token curves of the worst."""
    pictures: list[Picture] = []
    for why, title in _GROUPS.items():
        found = [stream for stream in summary.gallery if stream.why == why]
        if not found:
            continue

        def lines(axes: Axes, found: list[GalleryStream] = found) -> None:
            gallery.draw(axes, found)

        drawn = twice(f"g-{why}", title, gallery.height_in(found), lines, 0.56)
        pictures.append(Picture(f"gallery-{why}", title, [] if pictures else gallery.KEYS, *drawn))
    worst = [stream for stream in summary.gallery if stream.why == "worst" and stream.curve]
    if worst:
        title = "Tokens of the worst, against a reader"
        keys = [Key("tokens received", "delivered", "line"), Key("a reader of 5.3 a second", "faint", "dash")]
        pictures.append(Picture("gallery-curves", title, keys, _curves(worst, WIDE), _curves(worst, NARROW)))
    return pictures


def _curves(found: list[GalleryStream], size: Size) -> str:
    """Small pictures side by side, as many as the width has room for."""
    across = 5 if size is WIDE else 2
    down = -(-len(found) // across)
    width, height = size.width_in / across, 1.3
    with style(size.font_pt):
        figure = blank(size.width_in, height * down)
        for place, stream in enumerate(found):
            row, column = divmod(place, across)
            axes = place_at(figure, column * width, row * height, width, height)
            gallery.draw_curve(axes, stream)
            axes.title.set_fontsize(size.font_pt)
        return svg(figure, f"g-curves-{size.name}", "Token curves of the worst streams")


def place_at(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes within a box of the figure, in inches from its upper left corner."""
    whole_width, whole_height = figure.get_size_inches()
    return place(
        figure, left + 0.36, whole_width - left - width + 0.14, whole_height - top - height + 0.24, top + 0.26
    )


def _unit(summary: Summary, metric: str) -> str:
    known = [*[phase.metrics.get(metric) for phase in summary.phases], summary.metrics.get(metric)]
    return next((metric.unit for metric in known if metric is not None), "ms")


def twice(
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
