"""Phases that differ only in their network, against the one whose proxy does nothing.

What a proxy by itself adds is no network's doing, so differences count against the idle proxy, not against
the direct path; the direct arm shows how much that is.
"""

import msgspec
import numpy as np

from harness.metrics import samples_of, shares
from harness.metrics.join import Joined
from harness.metrics.percentiles import floor
from harness.plan.phases import Phase
from harness.plan.plan import Plan
from harness.summary import Arm

_PERCENTILES = (
    ("ttft_user", 0.5), ("ttft_user", 0.95), ("gap", 0.5), ("gap", 0.99), ("max_gap", 0.5),
    ("max_gap", 0.95), ("e2e_term_user", 0.5), ("e2e_term_user", 0.95), ("token_delay", 0.5),
    ("token_delay", 0.99),
)  # fmt: skip
_SHARES = ("success_share", "goodput_ratio", "stall_ratio", "gap_stall_share", "stalled_share")


def kind_of(phase: Phase, plan: Plan) -> str:
    """`direct`, `idle` (proxies that do nothing after their first link) or `journey`."""
    if not phase.network:
        return "direct"
    steps = [step for cohort in phase.network for step in plan.network.journeys[cohort.journey][1:]]
    return "journey" if steps else "idle"


def arms(joined: Joined) -> list[Arm]:
    """Every arm of each group of phases with the same users, in the order of the plan; empty where none of
    them is idle. Differences of the idle arm itself are empty."""
    plan = joined.run.plan
    phases = [phase for phase in plan.phases if phase.name in joined.spans and phase.kind != "warm_up"]
    found = []
    for phase in phases:
        base = next(
            (other for other in phases if kind_of(other, plan) == "idle" and _same_users(other, phase)), None
        )
        if base is None or not any(other is not base and _same_users(other, base) for other in phases):
            continue
        values, usual = _values(joined, phase), _values(joined, base)
        kind = kind_of(phase, plan)
        found.append(
            Arm(
                phase=phase.name,
                kind=kind,
                against=base.name,
                values=values,
                differences={}
                if phase is base
                else {name: round(value - usual[name], 6) for name, value in values.items() if name in usual},
            )
        )
    return found


def _same_users(one: Phase, other: Phase) -> bool:
    """All but what the network is, what it is called and what is asked of it."""
    bare = [
        msgspec.structs.replace(
            phase, name="", duration_s=1.0, kind="steady", network=[], checks=None, slo=[]
        )
        for phase in (one, other)
    ]
    return bare[0] == bare[1]


def _values(joined: Joined, phase: Phase) -> dict[str, float]:
    """Percentiles in ms under names such as `ttft_user p95`, and shares; what cannot be told is left out."""
    mine = joined.of_phase(phase.name)
    values: dict[str, float] = {}
    for name, share in _PERCENTILES:
        samples = samples_of(joined, name).of(mine)
        if samples.independent >= floor(share):
            value = float(np.percentile(samples.values, share * 100, method="inverted_cdf"))
            if np.isfinite(value):
                values[f"{name} p{share * 100:g}"] = round(value, 3)
    for name in _SHARES:
        found = shares()[name](joined, mine)
        if found is not None:
            values[name] = round(found, 6)
    return values
