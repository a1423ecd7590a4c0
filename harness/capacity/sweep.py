"""Does the system come back after an overload? Pure.

A soak at 80 % of the answer, an overload, and the same soak again, all on one stack.
"""

import msgspec
import numpy as np
from scipy.stats import fisher_exact

from harness.capacity.pace import Pace
from harness.capacity.probe import Settings, probe_plan, step_seconds
from harness.metrics.goodput import good
from harness.metrics.join import Joined
from harness.plan.plan import Plan

SOAK = 0.8  # of the most
_OVERLOAD = 1.25  # of the least that did not pass
_LEAST = 0.02  # a share of streams by which nobody would call it worse
_SURE = 0.01


def sweep_plan(plan: Plan, settings: Settings, low: float, high: float, pace: Pace, streams: int) -> Plan:
    """Three loads on one stack, each settled first; `streams` are those that a soak must have."""
    seconds = step_seconds(settings, streams, low * SOAK, pace)
    phases = []
    for name, load in (("up", low * SOAK), ("overload", high * _OVERLOAD), ("down", low * SOAK)):
        settle, probe = probe_plan(plan, settings, load, seconds, pace, 0).phases
        phases.append(msgspec.structs.replace(settle, name=f"settle {name}"))
        phases.append(msgspec.structs.replace(probe, name=name))
    return msgspec.structs.replace(plan, name=f"sweep-{plan.name}"[:80], phases=phases)


def is_worse(joined: Joined, inflation: float) -> tuple[bool | None, str]:
    """(whether surely more of the second soak was beyond an objective, what was seen); None: no telling.

    Of two soaks of 130 streams, one in twenty of them late, a quarter differ by more than 2 points.
    """
    (before, n), (after, m) = (_over(joined, phase) for phase in ("up", "down"))
    if not n or not m:
        return None, "a soak at 80 % had no streams: nothing is known of the system's recovery"
    rows = (after, m - after), (before, n - before)
    table = [[round(count / inflation) for count in row] for row in rows]
    chance = float(fisher_exact(table, alternative="greater").pvalue)
    told = f"soak at 80 %: {before / n:.1%} over before the overload, {after / m:.1%} after it"
    return after / m - before / n > _LEAST and chance < _SURE, told


def _over(joined: Joined, phase: str) -> tuple[int, int]:
    """(streams that did not keep every objective of one stream, streams)."""
    mine = joined.of_phase(phase) & joined.calls
    return int(np.count_nonzero(mine & ~good(joined))), int(np.count_nonzero(mine))
