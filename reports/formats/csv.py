"""CSV for spreadsheets: every number of the summary, one a row, with what it belongs to."""

import csv
import io
from collections.abc import Iterator

from harness.summary import Metric, Number, Summary
from reports.clean import cleaned

FILE = "summary.csv"
COLUMNS = (
    "kind",
    "phase",
    "name",
    "statistic",
    "value",
    "low",
    "high",
    "unit",
    "n",
    "never_reached",
    "state",
)
Cell = str | int | float | None


def render(summary: Summary) -> str:
    """The table with its head. Times are ms, never reached is `inf`, not measurable is empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in _rows(cleaned(summary)):
        writer.writerow({name: _safe(value) for name, value in row.items()})
    return out.getvalue()


def _safe(value: Cell) -> Cell:
    """Text that a spreadsheet would take for a formula is marked as text."""
    if isinstance(value, str) and value[:1] in tuple("=+-@\t"):
        return f"'{value}"
    return value


def _rows(summary: Summary) -> Iterator[dict[str, Cell]]:
    run = summary.run
    yield {"kind": "run", "name": run.id, "statistic": "verdict", "state": summary.verdict.state}
    yield {"kind": "run", "name": run.id, "statistic": "measurement", "state": summary.validity.state}
    yield {"kind": "run", "name": run.id, "statistic": "duration", "value": run.duration_s, "unit": "s"}
    for check in summary.checks:
        yield {
            "kind": "check", "phase": check.phase, "name": check.id, "state": check.state,
            "statistic": "value", "value": _number(check.value), "high": _number(check.limit),
            "unit": check.unit,
        }  # fmt: skip
    for trust in summary.validity.checks:
        yield {
            "kind": "validity", "name": trust.id, "statistic": trust.stat, "value": _number(trust.value),
            "low" if trust.bound == "at least" else "high": _number(trust.limit), "unit": trust.unit,
            "state": trust.state,
        }  # fmt: skip
    for name, metric in summary.metrics.items():
        yield from _quantiles("", name, metric)
    for phase in summary.phases:
        where = phase.span.name
        for outcome, count in phase.outcomes.items():
            yield {
                "kind": "outcome",
                "phase": where,
                "name": outcome,
                "statistic": "attempts",
                "value": count,
            }
        for name in (
            "intended",
            "tokens_emitted",
            "tokens_other",
            "tokens_received",
            "wasted_tokens",
            "attempts_per_stream",
        ):
            yield {
                "kind": "phase",
                "phase": where,
                "name": name,
                "statistic": "total",
                "value": getattr(phase, name),
            }
        for name, metric in phase.metrics.items():
            yield from _quantiles(where, name, metric)
    for fault in summary.faults:
        yield {
            "kind": "fault",
            "phase": fault.phase,
            "name": fault.fault,
            "statistic": "hit",
            "value": fault.hit,
        }
        for outcome, count in fault.outcomes.items():
            yield {
                "kind": "fault",
                "phase": fault.phase,
                "name": fault.fault,
                "statistic": outcome,
                "value": count,
            }


def _quantiles(phase: str, name: str, metric: Metric) -> Iterator[dict[str, Cell]]:
    for series in ("all", "ok"):
        for percentile, quantile in getattr(metric, series).items():
            value, low, high = quantile or (None, None, None)
            yield {
                "kind": "metric", "phase": phase, "name": name, "statistic": f"{percentile} {series}",
                "value": _number(value), "low": _number(low), "high": _number(high), "unit": metric.unit,
                "n": metric.n, "never_reached": metric.censored,
            }  # fmt: skip


def _number(value: Number) -> Cell:
    return "" if value is None else value
