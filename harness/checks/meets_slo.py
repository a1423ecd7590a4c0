"""The objectives that the plan states for a phase."""

import numpy as np

from harness.checks.view import PhaseView
from harness.metrics import objective_problem, samples_of, shares
from harness.metrics.percentiles import as_number, floor, is_thin, order_quantile
from harness.metrics.samples import Floats
from harness.plan.slo import Slo
from harness.summary import CheckResult

_LEAST = 11  # streams behind any share


def check(view: PhaseView) -> list[CheckResult]:
    """One result an objective. Percentiles are of the series `all`: what was never reached is infinite."""
    return [_objective(view, objective) for objective in view.phase.objectives]


def _objective(view: PhaseView, slo: Slo) -> CheckResult:
    name = f"{slo.metric} p{slo.percent:g}" if slo.percent is not None else slo.metric
    result = CheckResult(
        id=f"meets_slo {name}", phase=view.phase.name, state="INCONCLUSIVE", promise=f"{slo.text}.",
        evidence="", limit=slo.limit,
    )  # fmt: skip
    problem = objective_problem(slo.metric, slo.percent)
    if problem is not None:
        result.evidence, result.fix = f"{problem}.", "Correct the objective in the plan."
    elif slo.percent is None:
        _judge_share(view, slo, result)
    else:
        _judge_percentile(view, slo, slo.percent / 100.0, result)
    return result


def _judge_percentile(view: PhaseView, slo: Slo, p: float, result: CheckResult) -> None:
    samples = samples_of(view.joined, slo.metric).of(view.mine)
    result.unit = samples.unit
    n, least = samples.independent, floor(p)
    ordered = np.sort(samples.values)
    if n < least:
        _below_floor(slo, p, ordered, n, least, result)
        return
    value, low, high = order_quantile(ordered, p, n)
    reached = float("inf") if value == "inf" else float(value or 0.0)
    result.value = value
    result.state = "PASS" if slo.holds(reached) else "FAIL"
    thin = "; thin, few samples lie beyond it" if is_thin(n, p) else ""
    lost = f", {samples.censored:,} never reached it" if samples.censored else ""
    result.evidence = (
        f"{_show(value, samples.unit)} (95 % interval {_show(low, '')} to {_show(high, samples.unit)}, "
        f"{_streams(n)}{lost}{thin})."
    )


def _below_floor(slo: Slo, p: float, ordered: Floats, n: int, least: int, result: CheckResult) -> None:
    """Too few for a percentile, except where those seen already decide it against the system."""
    beyond = int(sum(not slo.holds(float(value)) for value in ordered)) if len(ordered) == n else 0
    allowed = least - int(np.ceil(round(least * p, 9)))
    if slo.relation in ("<", "<=") and beyond > allowed:
        result.state = "FAIL"
        result.evidence = (
            f"{beyond:,} of {_streams(n)} are beyond it; even of {least:,}, the fewest from which this "
            f"percentile is taken, no more than {allowed:,} may be."
        )
        return
    few = "is" if n == 1 else "are"
    result.evidence = f"{_streams(n)} {few} too few for this percentile; {least - n:,} more are needed."
    result.fix = "Make the phase longer or its load higher."


def _judge_share(view: PhaseView, slo: Slo, result: CheckResult) -> None:
    n = int(np.count_nonzero(view.mine & view.joined.calls))
    value = shares()[slo.metric](view.joined, view.mine)
    if value is None:
        result.evidence = f"{_streams(n)} gave nothing from which {slo.metric} could be taken."
        result.fix = "Make the phase longer or its load higher; some metrics need the mock behind the system."
        return
    result.value = as_number(value)
    least = streams_needed(slo.limit)
    best = (value * n + (least - n)) / least if slo.relation in (">", ">=") else value * n / least
    if n < least and slo.holds(best):
        few = f"too few to tell; {least - n:,} more are needed"
        result.evidence = f"{value:.4g} over {_streams(n)}, {few}."
        result.fix = "Make the phase longer or its load higher."
        return
    result.state = "PASS" if slo.holds(value) else "FAIL"
    result.evidence = f"{value:.4g} over {_streams(n)}."


def streams_needed(limit: float) -> int:
    """So many streams that a single one does not decide a share: one in a hundred needs a hundred."""
    margin = min(limit, 1.0 - limit) if 0 < limit < 1 else 1.0
    return max(_LEAST, int(np.ceil(round(1.0 / margin, 6))))


def _streams(n: int) -> str:
    return "1 stream" if n == 1 else f"{n:,} streams"


def _show(value: float | str | None, unit: str) -> str:
    if value == "inf":
        return "never"
    shown = "?" if not isinstance(value, float) else f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
    return f"{shown} {unit}".strip()
