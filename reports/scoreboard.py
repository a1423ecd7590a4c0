"""Percentiles as table cells: the value with its interval, or the reason why there is none."""

from typing import NamedTuple

from harness.summary import CheckResult, Metric, PhaseResult, Quantile, Summary
from reports.definitions import FLOORS, METRICS, PERCENTILES, Definition, label
from reports.numerals import NEVER, number


class Cell(NamedTuple):
    value: str  # empty when nothing can be printed
    interval: str = ""
    note: str = ""


class Line(NamedTuple):
    """One row: a metric, or one metric in one phase."""

    id: str
    name: str
    definition: Definition | None
    unit: str
    n: int
    censored: int
    all: list[Cell]
    ok: list[Cell]


class Table(NamedTuple):
    columns: list[str]  # as printed
    lines: list[Line]


def scoreboard(metrics: dict[str, Metric]) -> Table:
    """All metrics of the run, the ones with a definition first and in its order."""
    known = [id for id in METRICS if id in metrics]
    rest = sorted(id for id in metrics if id not in METRICS)
    columns = _columns(list(metrics.values()))
    return Table(_heads(columns), [line(id, label(id), metrics[id], columns) for id in known + rest])


def by_phase(phases: list[PhaseResult], metric: str) -> Table:
    """One metric, a line a phase."""
    having = [phase for phase in phases if metric in phase.metrics]
    columns = _columns([phase.metrics[metric] for phase in having])
    return Table(
        _heads(columns), [line(metric, phase.span.name, phase.metrics[metric], columns) for phase in having]
    )


class Objective(NamedTuple):
    """One objective of the plan and what became of it in each phase that has it, by the phase's name."""

    text: str
    found: dict[str, CheckResult]


def objectives(summary: Summary) -> list[Objective]:
    """The objectives in the order of the plan. `goodput_ratio` of a phase says how many streams met all."""
    rows: dict[str, Objective] = {}
    for check in summary.checks:
        if check.id.startswith("meets_slo "):
            text = check.promise.removesuffix(".")
            rows.setdefault(text, Objective(text, {})).found[check.phase] = check
    return list(rows.values())


def phases_with(wanted: list[Objective], phases: list[PhaseResult]) -> list[PhaseResult]:
    """The phases in which at least one of `wanted` was judged."""
    return [phase for phase in phases if any(phase.span.name in one.found for one in wanted)]


def line(id: str, name: str, metric: Metric, columns: list[str]) -> Line:
    return Line(
        id,
        name,
        METRICS.get(id),
        metric.unit,
        metric.n,
        metric.censored,
        [cell(metric, metric.all, column) for column in columns],
        [cell(metric, metric.ok, column, left_out=metric.censored) for column in columns],
    )


def cell(metric: Metric, series: dict[str, Quantile | None], percentile: str, left_out: int = 0) -> Cell:
    """One percentile of one series. `left_out` is how many of n the series does not count."""
    quantile = series.get(percentile)
    if quantile is None or quantile[0] is None:
        n, floor = metric.n - left_out, FLOORS.get(percentile, 0)
        # Several values of one stream count once, so gaps can be many and their streams too few.
        return Cell("", note=f"n too small (needs {floor:,})" if n < floor else f"needs {floor:,} streams")
    value, low, high = quantile
    known = low is not None and high is not None and number(low) != NEVER
    interval = f"{number(low)} to {number(high)}" if known else ""
    thin = percentile in metric.thin and number(value) != NEVER
    return Cell(number(value), interval, "thin" if thin else "")


def _columns(metrics: list[Metric]) -> list[str]:
    """The usual four, and p99.9 where somebody has it."""
    usual = ["p50", "p90", "p95", "p99"]
    return usual + ["p999"] * any(metric.all.get("p999") or metric.ok.get("p999") for metric in metrics)


def _heads(columns: list[str]) -> list[str]:
    return [PERCENTILES[column] for column in columns]
