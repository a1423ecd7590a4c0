"""Many stored summaries of one plan -> where their medians shifted. Advice, and never a gate. Pure."""

from collections.abc import Sequence

import msgspec
import numpy as np

from harness.compare.history import LEAST_RUNS, change_points, standing
from harness.plan.draws import generator
from harness.summary import Summary
from reports.numerals import counted


class Trend(msgspec.Struct, kw_only=True):
    """One metric of one plan over its runs, oldest first."""

    plan: str
    metric: str
    runs: list[str]
    values: list[float]  # ms
    changes: list[str] = []
    last: str = ""  # the newest run among the others


def trends(
    summaries: Sequence[Summary],
    metrics: Sequence[tuple[str, str]] = (("ttft_user", "p50"), ("ttft_user", "p95"), ("gap", "p99")),
) -> list[Trend]:
    """By plan and machine, so that like is set beside like; INVALID and interrupted runs do not count."""
    usable = [
        s for s in summaries if s.validity.state != "INVALID" and not s.run.interrupted and s.compare is None
    ]
    groups: dict[tuple[str, str], list[Summary]] = {}
    for summary in sorted(usable, key=lambda s: s.run.started_utc):
        machine = f"{summary.env.get('machine', '')} {summary.env.get('cpus', '')}"
        groups.setdefault((summary.run.name, machine), []).append(summary)
    found = [_trend(group, name, percentile) for group in groups.values() for name, percentile in metrics]
    return [trend for trend in found if trend is not None]


def _trend(group: list[Summary], name: str, percentile: str) -> Trend | None:
    ids, values = [], []
    for summary in group:
        metric = summary.metrics.get(name)
        quantile = metric.ok.get(percentile) if metric is not None else None
        if quantile is not None and isinstance(quantile[0], float) and quantile[0] > 0:
            ids.append(summary.run.id)
            values.append(quantile[0])
    if not values:
        return None
    trend = Trend(plan=group[0].run.name, metric=f"{name} {percentile}", runs=ids, values=values)
    series = np.array(values)
    for change in change_points(series, generator(1, "trend", trend.metric)):
        trend.changes.append(f"from {ids[change.at]} on {(change.ratio - 1) * 100:+.1f} % (p {change.p:.3f})")
    among = standing(values[-1], series[:-1])
    if among is not None:
        word = "beyond" if among.worse else "within"
        trend.last = (
            f"{among.distance:+.1f} standard deviations of {among.runs} earlier runs, "
            f"{word} {among.critical:.1f}"
        )
    elif len(values) <= LEAST_RUNS:
        trend.last = f"{counted(len(values), 'run')}; {LEAST_RUNS + 1} are needed to place the newest"
    return trend


def lines(found: list[Trend]) -> list[str]:
    told = []
    for trend in found:
        runs = counted(len(trend.values), "run")
        told.append(f"{trend.plan}: {trend.metric}, {runs}, newest {trend.values[-1]:.4g} ms")
        told += [f"  shifted {change}" for change in trend.changes]
        told += [f"  newest: {trend.last}"] if trend.last else []
    return told or ["no usable summary was found; INVALID and interrupted runs do not count"]
