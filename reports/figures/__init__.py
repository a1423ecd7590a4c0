"""Pictures of a summary by matplotlib: SVG for the page, PNG beside it."""

from reports.figures.files import write_figures

__all__ = ["write_figures"]
