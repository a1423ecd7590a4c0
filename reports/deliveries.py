"""Streaming and whole answers side by side, in columns and in sentences."""

from typing import NamedTuple

from harness.summary import Delivery, Summary
from reports.numerals import NOTHING, number


class Column(NamedTuple):
    key: str
    head: str
    unit: str
    scale: float
    hint: str


COLUMNS = (
    Column("first_ms", "First text", "s", 1000, "median, from when the stream was wanted; ends TTFT"),
    Column("last_ms", "Last text", "s", 1000, "median, from when the stream was wanted"),
    Column("waited_ms", "Readers waited", "s", 1000, "median; at 5.3 tokens a second, without text to read"),
    Column(
        "read_ms", "Read through", "s", 1000, "median; from when the stream was wanted to its last word read"
    ),
    Column("bytes_per_token", "Bytes a token", "B", 1, "body, framing of the events included"),
    Column("open_s", "Connection held", "s", 1, "mean of an answer"),
    Column("open_at_once", "Open at once", "", 1, "mean of the phase"),
    Column("generator_cpu_ms", "CPU, generator", "ms", 1, "load processes, for one answer"),
    Column("system_cpu_ms", "CPU, system", "ms", 1, "for one answer, where this run started the system"),
    Column("provider_cpu_ms", "CPU, provider", "ms", 1, "mock provider, for one answer"),
)


def columns(summary: Summary) -> list[Column]:
    """Those of which at least one phase knows something."""
    return [one for one in COLUMNS if any(one.key in row.values for row in summary.deliveries)]


def shown(row: Delivery, column: Column) -> str:
    value = row.values.get(column.key)
    return NOTHING if value is None else f"{number(value / column.scale)} {column.unit}".rstrip()


def beside(row: Delivery, column: Column) -> str:
    """A value as a multiple of that of the same work streamed; empty where there is no telling."""
    ratio = row.ratios.get(column.key)
    return "" if ratio is None else f"× {number(ratio)}"


def rows(summary: Summary) -> list[Delivery]:
    """Each streamed phase, then the whole ones held against it, then the others."""
    streamed = [row for row in summary.deliveries if row.streamed]
    paired = [
        row for one in streamed for row in (one, *(x for x in summary.deliveries if x.against == one.phase))
    ]
    return [*paired, *(row for row in summary.deliveries if row not in paired)]


def sentences(summary: Summary) -> list[str]:
    """What streaming gives and costs in each work that was done both ways."""
    found = []
    for row in summary.deliveries:
        of = {one.phase: one for one in summary.deliveries}.get(row.against)
        if of is None or not {"first_ms", "waited_ms"} <= row.values.keys() & of.values.keys():
            continue
        first, waited = ([one.values[key] / 1000 for one in (of, row)] for key in ("first_ms", "waited_ms"))
        text = f"{of.phase}: the first text came after {number(first[0])} s instead of {number(first[1])} s"
        text += f"; who reads along waited {number(waited[0])} s instead of {number(waited[1])} s in all"
        costs = [
            f"{number(1 / row.ratios[key])} times {what}"
            for key, what in (("bytes_per_token", "the bytes"), ("system_cpu_ms", "the system's CPU"))
            if row.ratios.get(key)
        ]
        found.append(f"{text}{'; it took ' + ' and '.join(costs) if costs else ''}.")
    return found


def repeated(summary: Summary) -> list[str]:
    """What answers would weigh, had every event said all of the text so far."""
    return [
        f"{row.phase}: {number(row.values['bytes_per_token_if_repeated'])} B a token "
        f"instead of {number(row.values['bytes_per_token'])}"
        for row in summary.deliveries
        if "bytes_per_token_if_repeated" in row.values
    ]
