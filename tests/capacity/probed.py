"""A probe's run made by hand."""

import numpy as np

from harness.capacity.pace import Pace
from harness.capacity.probe import PROBE, SETTLE, Settings, probe_plan
from harness.metrics.join import Joined, join
from harness.plan.plan import Plan
from harness.summary import CapacityStep
from tests.synthetic import Scene, plan

OPEN = Settings(unit="streams/s", step_s=10.0)
CLOSED = Settings(unit="users", step_s=10.0)
PACE = Pace(1.0, 1.0)
SLO = ["ttft_user p95 < 500 ms", "success_share >= 0.95"]


def searched(slo: list[str] = SLO, load: dict[str, object] | None = None, **keys: object) -> Plan:
    phases = [
        {"name": "warm", "kind": "warm_up", "duration_s": 5.0, "load": {"rate": 1.0},
         "slo": ["ttft_user p95 < 1 s"]},
        {"name": "offered", "duration_s": 20.0, "load": load or {"rate": 8.0}, "slo": slo},
    ]  # fmt: skip
    return plan(phases=phases, **keys)


def probed(
    streams: int = 200, *, slow: int = 0, failing: int = 0, limit: str = "", held: float = 0.0,
    provider_ms: float = 100.0, added_ms: float = 20.0, growing: bool = False, slo: list[str] = SLO,
    seconds: float = 40.0,
) -> Joined:  # fmt: skip
    """`streams` through one probe: the first `slow` over 500 ms, the next `failing` refused or reset.

    `limit` names the provider's limit behind the failures; `held` seconds are spent in the system before the
    provider hears of a stream.
    """
    made = probe_plan(searched(slo), OPEN, 8.0, seconds, PACE, 7)
    begin = made.phases[0].duration_s
    scene = Scene(made)
    for number, at_s in enumerate(np.linspace(begin, begin + seconds - 2, streams)):
        late = number < slow
        ttft = 900.0 if late else provider_ms + added_ms + held * 1000
        if growing:
            ttft = 300.0 + 200.0 * (at_s - begin)
        failed = slow <= number < slow + failing
        seen: dict[str, object] = {"tokens": 20, "ttft_ms": ttft, "gaps_ms": 10.0, "phase": PROBE}
        served: dict[str, object] = {}
        if failed:
            seen |= {"outcome": "rate_limited", "status": 429, "close_after_ms": 5.0, "tokens": 0}
        if failed and limit:
            served = {"status": 429, "limit": limit, "ended_by": "limit", "terminal_ns": None}
        row = scene.stream(number + 1, float(at_s), **seen)  # type: ignore[arg-type]
        scene.served(row, **served)
    scene.seconds_of_host(int(begin + seconds))
    assert [phase.name for phase in made.phases] == [SETTLE, PROBE]
    return join(scene.run())


def step(load: float, decision: str = "PASS", **fields: object) -> CapacityStep:
    return CapacityStep(load=load, decision=decision, **fields)  # type: ignore[arg-type]
