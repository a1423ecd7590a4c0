"""The gap heat map: when gaps of which length ended. Both the length and the colour are logarithmic."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.ticker import FixedLocator, FuncFormatter

from harness.summary import GapHeat
from reports.figures.row import Key, Row
from reports.figures.series import Series
from reports.palette import HEAT, light

_FAINTEST = 0.14  # a single gap must still be seen
_STALL_MS = 1000.0


def gap_row(gaps: GapHeat) -> Row:
    """The row for gaps that are there."""
    most = max(map(max, gaps.counts))
    per = "second" if gaps.bin_s == 1 else f"{gaps.bin_s} s"
    keys = [Key(f"1 to {most:,} gaps per {per}, the stronger the more (log)", "heat", "area")]
    return Row("gaps", "Gaps between events by length, ms", keys, 1.5, _draw)


def _draw(axes: Axes, series: Series) -> None:
    assert series.gaps is not None
    heat = series.gaps
    low, high = np.log10(heat.edges_ms[0]), np.log10(heat.edges_ms[-1])
    # Few things look right on white and on black: one hue whose opacity tells the number does.
    axes.imshow(
        shaded(np.array(heat.counts, dtype=float).T),
        extent=(0.0, float(len(heat.counts) * heat.bin_s), low, high),
        origin="lower",
        aspect="auto",
        interpolation="none",
        zorder=1,
    )
    if low < np.log10(_STALL_MS) < high:
        axes.axhline(
            np.log10(_STALL_MS), color=light("stall"), linewidth=0.9, linestyle=(0, (4, 3)), zorder=2
        )
    axes.set_ylim(low, max(high, low + 1))
    decades = np.arange(np.ceil(low), np.floor(max(high, low + 1)) + 1)
    axes.yaxis.set_major_locator(FixedLocator(list(decades)))
    axes.yaxis.set_major_formatter(FuncFormatter(_length))


def _length(decade: float, _place: int | None = None) -> str:
    ms = round(10**decade)
    return f"{ms}" if ms < 1000 else f"{ms // 1000} s"


def shaded(counts: np.ndarray) -> np.ndarray:
    """RGBA of an array of counts; nothing is transparent, the most is opaque."""
    depth = np.log1p(counts) / max(float(np.log1p(counts.max(initial=0))), 1e-9)
    pixels = np.zeros((*counts.shape, 4))
    pixels[..., :3] = to_rgb(HEAT)
    pixels[..., 3] = np.where(counts > 0, _FAINTEST + (1 - _FAINTEST) * depth, 0.0)
    return pixels
