"""The figures as PNG and SVG files, for slides and tickets: whole pictures with titles and legends."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from harness.summary import Summary
from reports.clean import cleaned
from reports.definitions import label
from reports.figures import nines
from reports.figures.canvas import blank, files, place, style
from reports.figures.distribution import draw_shapes, spreads
from reports.figures.row import Key
from reports.figures.series import Series, series
from reports.figures.timeline import rows, shade
from reports.page.chapters import drawn_distributions
from reports.palette import light

WIDTH_IN = 10.0


def write_figures(summary: Summary, folder: Path) -> list[Path]:
    """Write every figure that has data into `folder`; returns the files, none when nothing can be drawn."""
    summary = cleaned(summary)
    pictures = {"timeline": _timeline(summary)}
    pictures |= {metric: _distribution(summary, metric) for metric in drawn_distributions(summary)}
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, found in pictures.items():
        for ending, data in found.items():
            path = folder / _file_name(f"{name}.{ending}")
            path.write_bytes(data)
            written.append(path)
    return written


def _file_name(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name)


def _timeline(summary: Summary) -> dict[str, bytes]:
    data = series(summary)
    found = rows(data) if data else []
    if data is None or not found:
        return {}
    with style():
        heights = [row.height_in + 0.62 for row in found]
        figure = blank(WIDTH_IN, sum(heights) + 0.75)
        _title(figure, f"{summary.run.name}: timeline")
        used = 0.75
        for row, height in zip(found, heights, strict=True):
            top = used + 0.42
            bottom = figure.get_figheight() - used - height + 0.2
            axes = place(figure, 0.6, 0.7, bottom, top)
            row.draw(axes, data)
            shade(axes, summary, data)
            axes.set_title(
                row.title + (f"  (right: {row.right_axis})" if row.right_axis else ""),
                loc="left",
                fontsize=10,
            )
            _legend(axes, row.keys)
            if used == 0.75:
                _phase_names(axes, summary, data)
            used += height
        return files(figure)


def _title(figure: Figure, text: str) -> None:
    figure.text(
        0.6 / WIDTH_IN, 1 - 0.22 / figure.get_figheight(), text[:90], fontsize=13, weight="bold", va="center"
    )


def _legend(axes: Axes, keys: list[Key]) -> None:
    handles = [
        Patch(color=light(key.ink), label=key.label)
        if key.mark == "area"
        else Line2D(
            [], [], color=light(key.ink), label=key.label, linestyle="--" if key.mark == "dash" else "-"
        )
        for key in keys
    ]
    axes.legend(
        handles=handles, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=min(len(keys), 5), fontsize=7.5,
        handlelength=1.2, columnspacing=1.0, borderaxespad=0.1,
    )  # fmt: skip


def _phase_names(axes: Axes, summary: Summary, data: Series) -> None:
    """Names above the first row, cut to the room that the phase has."""
    letters_per_s = (WIDTH_IN - 1.3) / max(data.end_s, 1e-9) * 13
    for phase in summary.phases:
        room = int((phase.span.t1_s - phase.span.t0_s) * letters_per_s)
        name = phase.span.name if len(phase.span.name) <= room else phase.span.name[: max(room - 1, 0)] + "…"
        if room >= 3:
            axes.text(
                phase.span.t0_s, 1.22, f" {name}", transform=axes.get_xaxis_transform(), fontsize=8,
                color=light("faint"), va="bottom",
            )  # fmt: skip


def _distribution(summary: Summary, metric: str) -> dict[str, bytes]:
    found = spreads(summary, metric)
    if not found:
        return {}
    unit = summary.metrics[metric].unit if metric in summary.metrics else "ms"
    lines = nines.of_phases(summary, metric)
    curves_in = 4.0 if nines.drawable(lines) else 0.6
    shapes_in = 0.62 * len(found) + 0.5
    with style():
        figure = blank(WIDTH_IN, shapes_in + curves_in)
        _title(figure, f"{summary.run.name}: {label(metric)}, {unit}")
        draw_shapes(place(figure, 0.6, 0.3, curves_in - 0.5, 0.6), found)
        if nines.drawable(lines):
            axes = place(figure, 0.75, 0.3, 0.4, shapes_in + 0.95)
            nines.draw(axes, lines, nines.limits(summary, metric))
            _legend(axes, [Key(line.name[:24], line.ink, "line") for line in lines])
        return files(figure)
