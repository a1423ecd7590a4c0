"""One load whose users grow step by step, and a reading of every step."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.doctor.reading import Reading, read_step
from harness.doctor.text import reading_line
from harness.doctor.trial import run_trial
from harness.metrics.join import join
from harness.plan.phases import Load, Phase
from harness.plan.plan import Plan
from harness.plan.provider import ModelProfile, Provider
from harness.plan.target import Limits, Target
from harness.stack.errors import StackError

TOKENS_S = 50.0  # of each stream
_TTFT_MS = 100.0
_STREAM_S = 4.0  # mean length of an answer
_RAMP_S = 1.0
_SETTLE_S = 2.0  # Locust looks once a second whether users are wanted; then they begin within the ramp


class Climber:
    """Makes climbs with `workers` load processes; remembers every reading and how much others disturbed."""

    def __init__(self, workers: int, tell: Callable[[str], None]) -> None:
        self.workers = workers
        self._tell = tell
        self.tried: list[Reading] = []
        self.others_cpu = 0.0  # worst share of the machine that other processes took

    def climb(self, steps: Sequence[int], step_s: float) -> list[Reading]:
        """A reading for each number of streams in `steps`. Raises StackError."""
        plan = climbing(steps, step_s, self.workers)
        pace = {
            "ttft_ms": _TTFT_MS,
            "itl_ms": 1000 / TOKENS_S,
            "tokens": round(TOKENS_S * _STREAM_S),
            "vary": 0.5,
        }
        with tempfile.TemporaryDirectory(prefix="streamproof-doctor-") as folder:
            run = run_trial(plan, Path(folder), pace, emitters=self.workers)
        if run.facts.died:
            raise StackError("; ".join(run.facts.died))
        self.others_cpu = max(self.others_cpu, float(run.facts.env["others_cpu"]))
        joined = join(run)
        readings = [
            read_step(joined, phase.name, streams, _SETTLE_S)
            for phase, streams in zip(plan.phases, steps, strict=True)
            if phase.name in joined.spans
        ]
        for reading in readings:
            self._tell(reading_line(reading))
        self.tried += readings
        return readings


def climbing(steps: Sequence[int], step_s: float, workers: int) -> Plan:
    """A plan whose phases have ever more users, who ask again as soon as they are answered."""
    phases = [
        Phase(
            name=f"{place}: {streams} streams",
            duration_s=step_s,
            load=Load(users=streams, ramp_s=_RAMP_S, think_s=0.0),
        )
        for place, streams in enumerate(steps)
    ]
    profile = ModelProfile(ttft_ms=_TTFT_MS, itl_ms=1000 / TOKENS_S)
    limits = Limits(connect_s=30, headers_s=60, first_content_s=60, idle_s=60, total_s=600)
    return Plan(
        name="known-answer",
        target=Target(dialect="openai", model="known", limits=limits),
        provider=Provider(models={"known": profile}),
        phases=phases,
        drain_s=0.0,
        workers=workers,
    )
