"""A blank figure, and a finished one as SVG for the page, or as files of its own.

Everything here is a function of the figure: no pyplot, no dates, a fixed salt for ids. In the SVG each colour
of the palette becomes its CSS variable, so one picture serves light, dark and paper.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from reports.palette import INKS, light

DPI = 144
_VARIABLES = {ink.light: f"var(--{name})" for name, ink in INKS.items()}
_COLOUR = re.compile("|".join(_VARIABLES))
_FONT = re.compile(r"; font-family: [^;\"]*")
_NO_DATES = {"Date": None, "Creator": None, "Format": None, "Type": None}


@contextmanager
def style(font_pt: float = 9) -> Iterator[None]:
    """The look of all figures. Building and saving both belong inside it."""
    settings = {
        "svg.fonttype": "none",
        "svg.hashsalt": "streamproof",
        "text.parse_math": False,  # a phase may be called $x$
        "font.size": font_pt,
        "text.color": light("ink"),
        "axes.edgecolor": light("rule"),
        "axes.labelcolor": light("faint"),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.axisbelow": True,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "grid.color": light("rule"),
        "grid.linewidth": 0.6,
        "xtick.color": light("rule"),
        "xtick.labelcolor": light("faint"),
        "xtick.major.size": 3,
        "ytick.major.size": 0,
        "ytick.minor.size": 0,
        "xtick.minor.size": 0,
        "ytick.labelcolor": light("faint"),
        "lines.linewidth": 1.3,
        "legend.frameon": False,
    }
    # Names may hold characters that matplotlib's font lacks; a browser finds another font for them.
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def blank(width_in: float, height_in: float) -> Figure:
    """An empty figure with a transparent ground."""
    figure = Figure(figsize=(width_in, height_in), facecolor="none")
    FigureCanvasAgg(figure)
    return figure


def place(figure: Figure, left: float, right: float, bottom: float, top: float) -> Axes:
    """Axes whose distances from the figure's four edges are given in inches."""
    width, height = figure.get_size_inches()
    box = (left / width, bottom / height, 1 - (left + right) / width, 1 - (bottom + top) / height)
    axes: Axes = figure.add_axes(box, facecolor="none")
    return axes


def svg(figure: Figure, prefix: str, label: str) -> str:
    """The figure as an inline SVG element. `prefix` keeps its ids apart from those of others on the page."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata=_NO_DATES)
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", lambda tag: _themed(tag[0], prefix), text)
    text = re.sub(r"\s*\n\s*", " ", text)  # line ends mean nothing between tags or path commands
    head = f'<svg role="img" aria-label="{escape(label, quote=True)}" class="chart"'
    return re.sub(r'<svg( [^>]*?)? width="[^"]*" height="[^"]*"', head, text, count=1)


def _themed(tag: str, prefix: str) -> str:
    """A tag with its own ids and with variables for colours; text between tags is nobody's to change."""
    tag = re.sub(r'\bid="', f'id="{prefix}-', tag)
    tag = tag.replace("url(#", f"url(#{prefix}-").replace('xlink:href="', 'href="')
    tag = tag.replace('href="#', f'href="#{prefix}-')
    return _COLOUR.sub(lambda match: _VARIABLES[match[0]], _FONT.sub("", tag))


def files(figure: Figure) -> dict[str, bytes]:
    """The figure on white as the content of files, by their ending: `png` and `svg`."""
    return {
        "png": _saved(figure, format="png", dpi=DPI, metadata={"Software": None}),
        "svg": _saved(figure, format="svg", metadata=_NO_DATES),
    }


def _saved(figure: Figure, **options: Any) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, facecolor="white", **options)
    return out.getvalue()
