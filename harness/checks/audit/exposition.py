"""Prometheus' text format, as far as counters, gauges, sums and counts are concerned."""

import re
from collections.abc import Iterator

_LINE = re.compile(r"([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+\S+)?")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def total(text: str, name: str, **labels: str) -> float | None:
    """The sum over all series called `name` that have `labels`; None where there is none.

    A counter is found with and without `_total`. Lines that cannot be read are skipped.
    """
    series = list(_series(text))
    for spelled in (name, f"{name}_total", name.removesuffix("_total")):
        values = [value for found, has, value in series if found == spelled and labels.items() <= has.items()]
        if values:
            return sum(values)
    return None


def _series(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for line in text.split("\n"):
        found = _LINE.fullmatch(line.strip())
        if found is None or line.startswith("#"):
            continue
        try:
            yield found[1], dict(_LABEL.findall(found[2] or "")), float(found[3])
        except ValueError:
            continue
