"""A knee in the curve of latency over load, as advice.

Where a knee is seen depends on how the axes are scaled: the same queue shows it at 70 % or at 90 %. Here
both are fixed to the objective, load by the load at which it is met last and latency by its limit, so that
two curves can at least be compared. The answer to "how much" is the objective's crossing, never this.
"""

import numpy as np

from harness.metrics.samples import Floats

LEAST_POINTS = 5


def knee(load: Floats, latency: Floats, slo_load: float, slo_latency: float) -> float | None:
    """The load where the curve lies furthest below its chord; None with few points or no bend.

    Points beyond the objective's crossing are left out: there the axes end.
    """
    order = np.argsort(load)
    x, y = load[order] / slo_load, latency[order] / slo_latency
    inside = np.isfinite(y) & (x <= 1.0) & (y <= 1.0)
    x, y = x[inside], y[inside]
    if len(x) < LEAST_POINTS or x[-1] <= x[0]:
        return None
    chord = y[0] + (y[-1] - y[0]) * (x - x[0]) / (x[-1] - x[0])
    below = chord - y
    place = int(np.argmax(below))
    return float(x[place] * slo_load) if below[place] > 0.05 else None
