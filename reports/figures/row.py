"""What a row of the timeline is: a title, a legend, a height and a way to draw it."""

from collections.abc import Callable
from typing import NamedTuple

from matplotlib.axes import Axes

from reports.figures.series import Series


class Key(NamedTuple):
    """One entry of a row's legend."""

    label: str
    ink: str
    mark: str  # area, line, dash, dot, cross


class Row(NamedTuple):
    id: str
    title: str
    keys: list[Key]
    height_in: float
    draw: Callable[[Axes, Series], None]
    right_axis: str = ""  # what the right axis counts, when there is one
