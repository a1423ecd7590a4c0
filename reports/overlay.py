"""Several runs on one page: the same quantities over each other, the first run being the one compared with.

It describes and judges nothing: two runs of different hours differ by their machine's mood as well.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from harness.summary import Metric, Summary
from reports import json_report
from reports.clean import cleaned
from reports.definitions import PERCENTILES, label
from reports.numerals import NOTHING, number
from reports.page import chapters

MOST_RUNS = 6  # as many colours as can be told apart
_METRICS = ("ttft_user", "ttft_service", "e2e_term_user", "gap", "max_gap", "tpot", "stall_ratio")
_SHOWN = ("p50", "p95", "p99")
_DRAWN = ("ttft_user", "gap", "max_gap")


class Shown(NamedTuple):
    """One run as the page names it."""

    name: str
    ink: str
    summary: Summary


class Cell(NamedTuple):
    value: str
    interval: str
    change: str  # against the first run


class Line(NamedTuple):
    phase: str
    metric: str
    percentile: str
    unit: str
    cells: list[Cell]


class Difference(NamedTuple):
    what: str
    values: list[str]


def render(summaries: Sequence[Summary]) -> str:
    """The page. Raises ValueError for fewer than two runs, or for more than can be told apart."""
    if not 2 <= len(summaries) <= MOST_RUNS:
        raise ValueError(f"an overlay shows 2 to {MOST_RUNS} runs, not {len(summaries)}")
    from reports.html import own, template

    runs = shown([json_report.decode(json_report.encode(summary)) for summary in summaries])
    return template("overlay.html").render(
        runs=runs,
        differences=differences(runs),
        lines=lines(runs),
        phases=common_phases(runs),
        css=own("page.css", palette_css()),
        **_pictures(runs),
    )


def palette_css() -> str:
    from reports.palette import css

    return css()


def shown(summaries: Sequence[Summary]) -> list[Shown]:
    """Runs with names that are different from each other: those of their plans where these differ."""
    summaries = [cleaned(summary) for summary in summaries]
    names = [summary.run.name for summary in summaries]
    if len(set(names)) < len(names):
        names = [summary.run.id for summary in summaries]
    if len(set(names)) < len(names):
        names = [f"{name} ({place + 1})" for place, name in enumerate(names)]
    return [
        Shown(name, f"phase{place}", summary)
        for place, (name, summary) in enumerate(zip(names, summaries, strict=True))
    ]


def common_phases(runs: Sequence[Shown]) -> list[str]:
    """Phases that every run has, in the order of the first."""
    known = [[phase.span.name for phase in run.summary.phases] for run in runs]
    return [name for name in known[0] if all(name in others for others in known[1:])]


def lines(runs: Sequence[Shown]) -> list[Line]:
    """Every percentile that at least one run can tell, by phase."""
    found = []
    for phase in common_phases(runs):
        results = [next(p for p in run.summary.phases if p.span.name == phase) for run in runs]
        for id in _METRICS:
            metrics = [result.metrics.get(id) for result in results]
            for percentile in _SHOWN:
                cells = _cells(metrics, percentile)
                if any(cell.value != NOTHING for cell in cells):
                    unit = next(metric.unit for metric in metrics if metric is not None)
                    found.append(Line(phase, label(id), PERCENTILES[percentile], unit, cells))
    return found


def _cells(metrics: Sequence[Metric | None], percentile: str) -> list[Cell]:
    quantiles = [metric.all.get(percentile) if metric is not None else None for metric in metrics]
    first = quantiles[0][0] if quantiles[0] is not None else None
    cells = []
    for place, quantile in enumerate(quantiles):
        if quantile is None or quantile[0] is None:
            cells.append(Cell(NOTHING, "", ""))
            continue
        value, low, high = quantile
        interval = f"{number(low)} to {number(high)}" if low is not None and high is not None else ""
        cells.append(Cell(number(value), interval, change(first, value) if place else ""))
    return cells


def change(before: Any, after: Any) -> str:
    """`+13 %`; empty where either is not a positive number."""
    known = all(isinstance(value, int | float) and value > 0 for value in (before, after))
    return f"{100 * (after / before - 1):+.1f} %" if known else ""


def differences(runs: Sequence[Shown]) -> list[Difference]:
    """What a reader must know to compare: verdict, then everything in which the runs are not the same."""
    rows = [
        Difference("verdict", [run.summary.verdict.state for run in runs]),
        Difference("measurement", [run.summary.validity.state for run in runs]),
        Difference("started", [run.summary.run.started_utc for run in runs]),
    ]
    facts: dict[str, list[str]] = {
        "plan": [run.summary.run.plan_sha256[:12] for run in runs],
        "seed": [str(run.summary.run.seed) for run in runs],
        "commit": [run.summary.run.git for run in runs],
    }
    known = dict.fromkeys(key for run in runs for key in run.summary.env)
    facts |= {key: [chapters.plain(run.summary.env.get(key)) for run in runs] for key in known}
    return rows + [Difference(name, values) for name, values in facts.items() if len(set(values)) > 1]


def _pictures(runs: Sequence[Shown]) -> dict[str, Any]:
    from reports.figures import nines
    from reports.figures.inline import by_nines
    from reports.figures.overlaid import timelines

    curves = []
    for id in _DRAWN:
        for place, phase in enumerate(common_phases(runs)):
            mine = [
                nines.Line(run.name, run.ink, run.summary.curves[id][phase])
                for run in runs
                if phase in run.summary.curves.get(id, {})
            ]
            if len(mine) > 1 and nines.drawable(mine):
                limits = nines.limits(runs[0].summary, id, phase)
                title = f"{label(id)} by percentile, {phase}"
                curves.append(by_nines(f"{id}-{place}", title, mine, limits))
    return {"curves": curves, "timelines": timelines([(run.name, run.ink, run.summary) for run in runs])}
