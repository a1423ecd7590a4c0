"""How each phase was survived: what was noticed, what came back, what it cost. Applied times, not planned."""

import numpy as np

from harness.metrics.false_success import false_successes
from harness.metrics.join import Joined
from harness.metrics.outcomes import counts
from harness.metrics.planned import spanning
from harness.metrics.samples import Bools, Floats, Ints
from harness.metrics.two_sided import attempts_per_stream
from harness.metrics.waste import Aborts, aborts, wasted_of
from harness.plan.phases import Phase
from harness.summary import Resilience


def resilience(joined: Joined) -> list[Resilience]:
    """The phases after the warm-up, in their order; empty where the plan broke nothing."""
    phases = [phase for phase in joined.run.plan.phases if phase.name in joined.spans]
    if not any(phase.kind == "fault" for phase in phases):
        return []
    detected, recovered, never = _detection(joined), *_recovery(joined)
    wrong = np.zeros(len(joined.attempts), dtype=bool)
    wrong[false_successes(joined)] = True
    left = aborts(joined)
    return [
        _phase(joined, phase, detected, recovered, never, wrong, left)
        for phase in phases
        if phase.kind != "warm_up"
    ]


def _phase(
    joined: Joined,
    phase: Phase,
    detected: Floats,
    recovered: Floats,
    never: Bools,
    wrong: Bools,
    left: Aborts,
) -> Resilience:
    mine = joined.of_phase(phase.name)
    calls = mine & joined.last
    noticed = left.delay_ms[mine[left.rows]]
    detect, recover, abort = _spread(detected[mine]), _spread(recovered[mine]), _spread(noticed)
    return Resilience(
        phase=phase.name,
        kind=phase.kind,
        streams=int(np.count_nonzero(calls)),
        completed=int(np.count_nonzero(calls & joined.is_outcome("completed"))),
        outcomes=counts(joined, calls),
        false_success=int(np.count_nonzero(mine & wrong)) if joined.has_ledger else None,
        lost=int(joined.attempts["lost"].to_numpy()[mine].sum()),
        duplicated=int(joined.attempts["duplicated"].to_numpy()[mine].sum()),
        attempts_per_stream=attempts_per_stream(joined, mine),
        detect_ms_p50=detect[0],
        detect_ms_max=detect[1],
        recover_ms_p50=recover[0],
        recover_ms_max=recover[1],
        never_recovered=int(np.count_nonzero(mine & never)),
        abort_ms_p50=abort[0],
        abort_ms_max=abort[1],
        wasted_tokens=wasted_of(joined, mine),
    )


def _spread(values: Floats) -> tuple[float | None, float | None]:
    values = values[np.isfinite(values)]
    if not len(values):
        return None, None
    return round(float(np.median(values)), 3), round(float(values.max()), 3)


def _detection(joined: Joined) -> Floats:
    """Damage begins -> the attempt it broke is over for its user, ms; NaN for attempts that nothing broke.

    For a provider's fault the damage begins when the provider ends its side.
    """
    found = np.full(len(joined.attempts), np.nan)
    closed, opened = joined.ms("closed"), joined.ms("sent")
    broken = ~joined.is_outcome("completed", "cancelled", "interrupted", "not_started", "rate_limited")
    provider = broken & (joined.attempts["up_ended_by"] == "fault").to_numpy(dtype=bool)
    found[provider] = np.maximum(closed - joined.ms("up_closed"), 0.0)[provider]
    hit = broken & _hit_by_network(joined)
    for event in joined.events:
        if event.kind not in ("cut", "outage", "silence", "refuse"):
            continue
        start = (event.start_ns - joined.run.origin_ns) / 1e6
        mine = hit & (joined.attempts["cohort"] == event.cohort).to_numpy(dtype=bool) & (opened <= start)
        mine &= closed >= start
        found[mine] = np.fmin(found[mine], (closed - start)[mine])
    return found


def _hit_by_network(joined: Joined) -> Bools:
    attempts = joined.attempts
    hit = (attempts["hit_cut"] != "") | attempts["hit_outage"] | attempts["hit_refuse"]
    flags: Bools = hit.to_numpy(dtype=bool)
    return flags


def _recovery(joined: Joined) -> tuple[Floats, Bools]:
    """(ms from the end of an outage to the next content, never) of the streams that lived through it."""
    found = np.full(len(joined.attempts), np.nan)
    never = np.zeros(len(joined.attempts), dtype=bool)
    content, sent = joined.content, joined.ms("sent")
    completed = joined.is_outcome("completed")
    for event in joined.events:
        if event.kind != "outage":
            continue
        end = (event.end_ns - joined.run.origin_ns) / 1e6
        lived = spanning(joined.attempts, event, joined.run.origin_ns) & (joined.ms("closed") > end)
        rows: Ints = np.flatnonzero(lived & joined.sampled)
        lows = np.searchsorted(content.row, rows)
        highs = np.searchsorted(content.row, rows, side="right")
        for row, low, high in zip(rows.tolist(), lows.tolist(), highs.tolist(), strict=True):
            place = low + int(np.searchsorted(content.us[low:high], (end - sent[row]) * 1000.0))
            if place < high:
                found[row] = np.fmax(found[row], sent[row] + content.us[place] / 1000.0 - end)
            else:
                never[row] = not completed[row]
    return found, never
