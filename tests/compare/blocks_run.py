"""A live comparison made by hand: every block's streams with known times."""

import math
from functools import cache

import msgspec
import numpy as np

from harness.compare.design import Design, block_plan, phase_name
from harness.metrics.join import Joined, join
from harness.plan.plan import Plan
from tests.synthetic import Scene, at

DESIGN = Design(
    pairs=6, streams=30, warm=2, rate=30.0, rest_s=0.5,
    baseline="http://127.0.0.1:1", candidate="http://127.0.0.1:2",
)  # fmt: skip


def plan_of(design: Design = DESIGN, base: Plan | None = None) -> Plan:
    from tests.synthetic import plan

    traces = {pair: f"arrivals-{pair}.txt" for pair in (-1, *design.numbers)}
    return block_plan(base or plan(), design, traces, "prompts.jsonl")


@cache
def blocks(
    effect: float = 0.0, failing: int = 0, served: bool = True, slow_gaps: float = 1.0, first: int = 0,
    until_s: float = math.inf,
) -> Joined:  # fmt: skip
    """Both arms share their draws; of every candidate block the first `failing` streams are reset.

    `first` is the number of the first pair; at `until_s` the run was interrupted.
    """
    design = msgspec.structs.replace(DESIGN, first=first)
    plan = plan_of(design)
    scene = Scene(plan)
    stream, start = 0, 0.0
    lengths = {phase.name: phase.duration_s for phase in plan.phases}
    for pair, arm in design.blocks:
        rng = np.random.default_rng(pair + 1)
        ttft = rng.lognormal(np.log(200), 0.3, DESIGN.block)
        noise = float(np.exp(np.random.default_rng([stream, 1]).normal(0, 0.01)))
        mine = noise * (1 + effect if arm == "candidate" else 1.0)
        for place in range(DESIGN.block):
            stream += 1
            if start + place * 0.01 >= until_s:
                continue
            dead = arm == "candidate" and place < DESIGN.warm + failing and place >= DESIGN.warm
            row = scene.stream(
                stream,
                start + place * 0.01,
                ttft_ms=float(ttft[place] * mine),
                gaps_ms=10.0 * (slow_gaps if arm == "candidate" else 1.0),
                tokens=0 if dead else 5,
                phase=phase_name(pair, arm),
                **({"outcome": "reset", "close_after_ms": 50.0} if dead else {}),  # type: ignore[arg-type]
            )
            if served or arm == "baseline":
                scene.served(row)
        start += lengths[phase_name(pair, arm)]
    scene.seconds_of_host(int(start) + 2)
    if math.isfinite(until_s):
        scene.facts |= {"interrupted": True, "ended_ns": at(until_s)}
    return join(scene.run())
