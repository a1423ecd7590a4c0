"""One load of a search as a plan of its own, and what its runs decide. Pure."""

import math
from typing import Literal

import msgspec
import numpy as np

from harness.capacity.counting import counted_share, over
from harness.capacity.limits import what_limited
from harness.capacity.looks import LOOKS, STRICT, SURE, Decision, decide
from harness.capacity.pace import LEAST_TIMES, Pace, seconds_of, streams_of
from harness.capacity.saturation import FLOOR_MS, saturated
from harness.checks.meets_slo import check as check_objectives
from harness.checks.view import PhaseView
from harness.metrics import samples_of
from harness.metrics.concurrency import mean_open
from harness.metrics.goodput import goodput_ratio
from harness.metrics.join import Joined
from harness.metrics.littles_law import residuals
from harness.metrics.timeseries import timeseries
from harness.plan.phases import Phase
from harness.plan.plan import Plan
from harness.plan.reader import PlanError
from harness.plan.slo import Slo
from harness.summary import CapacityStep, Summary

SETTLE, PROBE = "settle", "probe"
_SETTLE_TIMES = 3.0  # mean stream times that do not count
_LEAST_BINS = 3


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How a search judges; fixed before it starts."""

    unit: Literal["streams/s", "users"]
    step_s: float = 60.0
    sure: float = SURE
    inflation: float = 1.0  # streams that tell as much as one independent one
    ratio: float = 1.05

    def __post_init__(self) -> None:
        if self.step_s <= 0 or self.inflation < 1 or self.ratio <= 1 or self.sure not in (SURE, STRICT):
            raise ValueError("step must be positive, inflation at least 1, ratio above 1, sure 0.99 or 0.997")


def template(plan: Plan) -> Phase:
    """The phase whose users and objectives are searched with: the first steady one that has objectives.

    Raises PlanError.
    """
    for phase in plan.phases:
        if phase.kind == "steady" and phase.slo:
            return phase
    raise PlanError(
        "no steady phase states an slo; the most load is only defined by one, e.g. 'ttft_user p95 < 800 ms'"
    )


def probe_plan(plan: Plan, settings: Settings, load: float, seconds: float, pace: Pace, seed: int) -> Plan:
    """`plan` with nothing but a settling phase and the probe, both under `load`."""
    phase = template(plan)
    offered = (
        msgspec.structs.replace(phase.load, users=max(1, round(load)), rate=None, trace=None)
        if settings.unit == "users"
        else msgspec.structs.replace(phase.load, users=None, rate=load, trace=None)
    )
    settle_s = max(_SETTLE_TIMES * pace.stream_s, 2.0 + phase.load.ramp_s)
    settle = msgspec.structs.replace(
        phase, name=SETTLE, kind="warm_up", duration_s=settle_s, load=offered, slo=[]
    )
    probe = msgspec.structs.replace(phase, name=PROBE, duration_s=seconds, load=offered, checks=[])
    return msgspec.structs.replace(plan, name=f"capacity-{plan.name}"[:80], seed=seed, phases=[settle, probe])


def step_seconds(settings: Settings, streams: int, load: float, pace: Pace) -> float:
    """How long `streams` take at `load`, at least a step and ten stream times.

    By a guess alone nobody is made to wait for streams: that much is enough to know the pace.
    """
    nobody_knows = pace.guessed and settings.unit == "users"  # how many arrive in an open loop, is known
    wanted = 0.0 if nobody_knows else streams / max(pace.streams_per_load * load, 1e-9) * 1.1
    return math.ceil(max(settings.step_s, LEAST_TIMES * pace.stream_s, wanted))


def judge_probe(
    runs: list[Joined], objectives: list[Slo], settings: Settings
) -> tuple[Decision, dict[str, int], bool]:
    """(decision, streams over by objective, saturated) from all runs of one probe, one a look.

    What cannot be counted has no error rate, so it is asked once, of the run with most streams, after the
    counted objectives have passed or used up their looks: three tries would fail a good load more often.
    """
    counts: dict[str, int] = {}
    decisions: list[Decision] = []
    for slo in objectives:
        share = counted_share(slo)
        if share is None:
            continue
        pairs = [over(joined, slo, joined.of_phase(PROBE)) for joined in runs]
        beyond, n = (sum(values) for values in zip(*pairs, strict=True))
        counts[slo.text] = beyond
        decisions.append(decide(n - beyond, beyond, share, settings.sure, settings.inflation))
    full = any(is_saturated(joined, objectives) for joined in runs)
    if not full and "FAIL" not in decisions and ("UNDECIDED" not in decisions or len(runs) >= LOOKS):
        largest = max(runs, key=_streams)
        decisions += [_by_its_check(largest, slo) for slo in objectives if counted_share(slo) is None]
    if full or "FAIL" in decisions:
        return "FAIL", counts, full
    return ("PASS" if all(d == "PASS" for d in decisions) else "UNDECIDED"), counts, full


def _streams(joined: Joined) -> int:
    return streams_of(joined, PROBE)


def _by_its_check(joined: Joined, slo: Slo) -> Decision:
    [phase] = [phase for phase in joined.run.plan.phases if phase.name == PROBE]
    found = [r for r in check_objectives(PhaseView(joined, phase)) if r.promise == f"{slo.text}."]
    states: dict[str, Decision] = {"PASS": "PASS", "FAIL": "FAIL"}
    return states.get(found[0].state, "UNDECIDED") if found else "UNDECIDED"


def is_saturated(joined: Joined, objectives: list[Slo]) -> bool:
    """Whether the queue still grows in the probe phase."""
    floors = [s.limit for s in objectives if s.metric.startswith("ttft") and s.percent is not None]
    series = timeseries(joined)
    start, end = (joined.seconds(instant) for instant in joined.spans.get(PROBE, (0, 0)))
    t = np.array(series.t_s)
    inside = (t >= start) & (t + 1 <= end)
    if np.count_nonzero(inside) < _LEAST_BINS:
        return False
    ttft = np.array([np.nan if value is None else value for value in series.ttft_p50], dtype=float)
    return saturated(
        t[inside], np.array(series.in_flight)[inside], ttft[inside], min(floors, default=FLOOR_MS)
    )


def describe(
    runs: list[Joined], summaries: list[Summary], load: float, settings: Settings, before: list[CapacityStep]
) -> CapacityStep:
    """One probe with its decision, its numbers, and what held it back if it did not pass."""
    joined, summary = runs[-1], summaries[-1]
    objectives = next(phase.objectives for phase in joined.run.plan.phases if phase.name == PROBE)
    decision, counts, full = judge_probe(runs, objectives, settings)
    mine = joined.of_phase(PROBE)
    ttft = np.sort(samples_of(joined, "ttft_user").of(mine & joined.calls).values)
    provider = joined.provider_ttft_ms[mine]
    added = samples_of(joined, "added_ttft").of(mine).values
    law = [residual.share for residual in residuals(joined) if residual.phase == PROBE]
    step = CapacityStep(
        load=load,
        decision=decision,
        looks=len(runs),
        streams=sum(map(_streams, runs)),
        over=counts,
        goodput_ratio=goodput_ratio(joined, mine),
        ttft_p50_ms=_quantile(ttft, 0.5),
        ttft_p95_ms=_quantile(ttft, 0.95),
        added_ttft_p50_ms=_quantile(np.sort(added), 0.5),
        provider_ttft_p50_ms=_quantile(np.sort(provider[np.isfinite(provider)]), 0.5),
        littles_residual=law[0] if law else None,
        saturated=full,
        run=summary.run.id,
    )
    _measure_flow(step, joined)
    step.limited_by, step.why = what_limited(joined, summary, step, before)
    if step.limited_by in ("generator", "mock", "harness"):
        step.decision = "INVALID"
    return step


def _measure_flow(step: CapacityStep, joined: Joined) -> None:
    """Concurrency and throughput of a probe; a run that broke while it settled has had none."""
    lasted_s = seconds_of(joined, PROBE)
    if not lasted_s:
        return
    edges = np.array([joined.seconds(instant) * 1000.0 for instant in joined.spans[PROBE]])
    completed = joined.of_phase(PROBE) & joined.is_outcome("completed")
    step.throughput = _round(np.count_nonzero(completed) / lasted_s)
    step.in_flight = _round(mean_open(joined.ms("sent"), joined.ms("closed"), edges)[0])
    if joined.has_ledger:
        received, closed = (joined.upstream[name].to_numpy(float) for name in ("received", "closed"))
        step.provider_in_flight = _round(mean_open(received, closed, edges)[0])


def _quantile(ordered: np.ndarray, p: float) -> float | None:
    if not len(ordered):
        return None
    value = float(ordered[min(len(ordered), max(1, math.ceil(round(p * len(ordered), 9)))) - 1])
    return _round(value) if math.isfinite(value) else None


def _round(value: float) -> float:
    return round(float(value), 4)
