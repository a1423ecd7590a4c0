"""What a run leaves for its readers: `summary.json`, `report.html` and `figures/`."""

from collections.abc import Sequence
from pathlib import Path

from harness.summary import Summary
from reports import json_report


def write_all(summary: Summary, folder: Path) -> list[Path]:
    """Write every file of the report into `folder`, the JSON first: the others are made from it.

    Returns the files. Raises ValueError naming the field when the summary does not fit its schema.
    """
    # Here, because the page and its figures take half a second to load, which every command would pay.
    from reports.figures import write_figures
    from reports.html import render

    folder.mkdir(parents=True, exist_ok=True)
    data = json_report.encode(summary)
    (folder / "summary.json").write_bytes(data)
    summary = json_report.decode(data)
    (folder / "report.html").write_text(render(summary), "utf-8", newline="\n")
    return [folder / "summary.json", folder / "report.html", *write_figures(summary, folder / "figures")]


def write_overlay(summaries: Sequence[Summary], path: Path) -> Path:
    """Write the page that shows several runs over each other. Raises ValueError for one, or for too many."""
    from reports.overlay import render

    text = render(summaries)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")
    return path


def write_format(name: str, summary: Summary, folder: Path) -> Path:
    """Write the summary into `folder` in a further format of `reports.formats`, e.g. `junit`.

    Returns the file. Raises ValueError naming the formats when there is none called `name`.
    """
    from reports import formats

    text = formats.render(name, summary)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / formats.file_name(name)
    path.write_text(text, "utf-8", newline="\n")
    return path
