"""Each phase in numbers, and what was done to the network in it, for the report."""

import numpy as np

from harness.metrics import samples_of, series
from harness.metrics.goodput import good, share_of
from harness.metrics.join import Joined
from harness.metrics.outcomes import counts
from harness.metrics.percentiles import metric
from harness.metrics.samples import Bools
from harness.metrics.two_sided import attempts_per_stream
from harness.metrics.waste import wasted_of
from harness.plan.phases import Load, Phase
from harness.summary import Metric, PhaseResult, Span

POINTS = 512
DISTRIBUTIONS = (
    "ttft_user", "ttft_service", "ttfo_user", "gap", "max_gap", "tpot", "e2e_last_user", "e2e_term_user",
    "token_delay",
)  # fmt: skip


def metrics(joined: Joined, chosen: Bools) -> dict[str, Metric]:
    """Every metric that has at least one value among the attempts for which `chosen`."""
    found = {name: samples_of(joined, name).of(chosen) for name in series()}
    return {name: metric(samples) for name, samples in found.items() if len(samples.values)}


def phase_results(joined: Joined) -> list[PhaseResult]:
    """The phases that began, in the order of the plan."""
    flags = good(joined)
    return [_result(joined, phase, flags) for phase in joined.run.plan.phases if phase.name in joined.spans]


def _result(joined: Joined, phase: Phase, flags: Bools) -> PhaseResult:
    mine = joined.of_phase(phase.name)
    start, end = joined.spans[phase.name]
    emitted = int(joined.attempts["up_emitted_all"].to_numpy()[mine].sum())
    return PhaseResult(
        span=Span(name=phase.name, kind=phase.kind, t0_s=joined.seconds(start), t1_s=joined.seconds(end)),
        load=describe_load(phase.load),
        model=phase.model or joined.run.plan.target.model or "",
        scenario=phase.scenario_name,
        streamed=phase.streamed,
        network=[f"{cohort.name}: {cohort.journey}" for cohort in phase.network],
        intended=int(np.count_nonzero(mine & joined.last)),
        outcomes=counts(joined, mine),
        metrics=metrics(joined, mine),
        tokens_emitted=emitted if joined.has_ledger else None,
        tokens_other=_other_tokens(joined, mine),
        tokens_received=int(joined.attempts["tokens"].to_numpy()[mine].sum()),
        wasted_tokens=wasted_of(joined, mine),
        attempts_per_stream=attempts_per_stream(joined, mine),
        goodput_ratio=share_of(joined, mine, flags) if phase.objectives else None,
    )


def _other_tokens(joined: Joined, chosen: Bools) -> int | None:
    """Reasoning and tool calls that the provider emitted for the attempts for which `chosen`."""
    if not joined.has_ledger:
        return None
    row = joined.upstream["attempt_row"].to_numpy(dtype=np.int64)
    mine = row >= 0  # the others are of attempts that nobody recorded
    mine[mine] = chosen[row[mine]]
    return int(joined.upstream["other_tokens"].to_numpy(dtype=np.int64)[mine].sum())


def describe_load(load: Load) -> str:
    """A load in words."""
    if load.users is not None:
        return f"{load.users} users, closed loop"
    if load.trace is not None:
        return f"arrivals of {load.trace}, open loop"
    return f"{load.rate:g} streams a second, {load.arrivals}, open loop"


def event_spans(joined: Joined) -> list[Span]:
    """Network events and deaths in seconds, for shading."""
    return [
        Span(
            name=event.name,
            kind=event.kind,
            t0_s=joined.seconds(event.start_ns),
            t1_s=joined.seconds(event.end_ns),
            cohort=event.cohort,
            params=event.params,
        )
        for event in joined.events
    ]


def distributions(joined: Joined) -> dict[str, dict[str, list[float]]]:
    """Metric -> phase -> finite values, ascending, thinned to at most 512 evenly spaced ranks."""
    found: dict[str, dict[str, list[float]]] = {}
    for name in DISTRIBUTIONS:
        samples = samples_of(joined, name)
        for phase in joined.spans:
            values = samples.of(joined.of_phase(phase)).values
            values = np.sort(values[np.isfinite(values)])
            if len(values):
                ranks = np.linspace(0, len(values) - 1, min(len(values), POINTS)).round().astype(int)
                found.setdefault(name, {})[phase] = [round(float(value), 4) for value in values[ranks]]
    return found
