"""Percentiles by nines with their intervals, for drawing: 0, 0.9, 0.99 … are equally far apart."""

import numpy as np

from harness.metrics import samples_of
from harness.metrics.join import Joined
from harness.metrics.percentiles import floor, order_quantile
from harness.metrics.samples import Samples
from harness.summary import Curve, Objective

DRAWN = ("ttft_user", "ttft_service", "gap", "max_gap")
_STEPS = [round(0.05 * step, 2) for step in range(1, 101)]  # in -log10(1 - p): up to p99.999


def curves(joined: Joined) -> dict[str, dict[str, Curve]]:
    """Metric -> phase -> curve; a phase without enough streams for a median has none."""
    found: dict[str, dict[str, Curve]] = {}
    for name in DRAWN:
        samples = samples_of(joined, name)
        for phase in joined.spans:
            made = curve(samples.of(joined.of_phase(phase)))
            if made is not None:
                found.setdefault(name, {})[phase] = made
    return found


def curve(samples: Samples) -> Curve | None:
    """The series `all` of some samples, as far as their number allows."""
    n = samples.independent
    if n < floor(0.5):
        return None
    ordered = np.sort(samples.values)
    made = Curve(n=len(ordered), censored=samples.censored)
    for step in _STEPS:
        p = 1.0 - 10.0**-step
        if n < floor(round(p, 12)):
            break
        value, low, high = order_quantile(ordered, p, n)
        made.p.append(round(p, 6))
        made.value.append(value)
        made.low.append(low)
        made.high.append(high)
    return made


def objectives(joined: Joined) -> list[Objective]:
    """The plan's limits to percentiles of phases that took place."""
    return [
        Objective(phase=phase.name, metric=slo.metric, percent=slo.percent, limit=slo.limit, text=slo.text)
        for phase in joined.run.plan.phases
        if phase.name in joined.spans
        for slo in phase.objectives
        if slo.percent is not None
    ]
