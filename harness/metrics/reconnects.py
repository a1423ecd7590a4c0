"""How the users of a phase came back: how often, how many at once, and whether they waited as told."""

import numpy as np

from harness.metrics.join import Joined
from harness.metrics.samples import Bools
from harness.plan.phases import Phase
from harness.summary import Reconnects

_BIN_MS = 1000.0
_EARLY_MS = 1.0  # stamps are of different clocks' ends of a request; this much is not disobedience


def reconnects(joined: Joined) -> list[Reconnects]:
    """The phases in which somebody asked again, in the order of the plan."""
    again = (joined.attempts["attempt"] > 1).to_numpy(dtype=bool)
    return [
        _phase(joined, phase, again)
        for phase in joined.run.plan.phases
        if (again & joined.of_phase(phase.name)).any() and phase.name in joined.spans
    ]


def _phase(joined: Joined, phase: Phase, again: Bools) -> Reconnects:
    attempts = joined.attempts
    mine = joined.of_phase(phase.name)
    calls = mine & joined.calls
    retried = calls & again
    whole = joined.is_outcome("completed")
    told, obeyed = _retry_after(joined, mine)
    peak, usual = _arrivals(joined, mine, phase)
    return Reconnects(
        phase=phase.name,
        streams=int(np.count_nonzero(calls)),
        retried=int(np.count_nonzero(retried)),
        recovered=int(np.count_nonzero(retried & whole)),
        attempts_per_recovery=_mean(attempts["attempt"].to_numpy(dtype=np.float64)[retried & whole]),
        gave_up=int(np.count_nonzero(retried & ~whole)),
        resumed=int(np.count_nonzero(mine & attempts["resumed"].to_numpy(dtype=bool))),
        retries_per_stream=round(
            int(np.count_nonzero(mine & again)) / max(int(np.count_nonzero(calls)), 1), 4
        ),
        herd_peak=round(peak / usual, 3) if usual else None,
        herd_peak_per_s=peak,
        retry_after_told=told,
        retry_after_obeyed=obeyed,
    )


def _arrivals(joined: Joined, mine: Bools, phase: Phase) -> tuple[int, float]:
    """(most requests begun in one second of the phase after its ramp, usual number)."""
    start, end = (joined.seconds(instant) * 1000.0 for instant in joined.spans[phase.name])
    start += phase.load.ramp_s * 1000.0 if phase.load.closed else 0.0
    begun = joined.ms("dispatched")[mine]
    begun = begun[(begun >= start) & (begun < end)]
    seconds = int((end - start) // _BIN_MS)
    if seconds < 1 or not len(begun):
        return 0, 0.0
    counts = np.bincount(np.minimum((begun - start) // _BIN_MS, seconds - 1).astype(int), minlength=seconds)
    return int(counts.max()), float(np.mean(counts))


def _retry_after(joined: Joined, mine: Bools) -> tuple[int, int]:
    """(further attempts after an answer with Retry-After, those not earlier than it said)."""
    attempts = joined.attempts
    stream = attempts["stream"].to_numpy()
    owed = attempts["retry_after_s"].to_numpy(dtype=np.float64, na_value=np.nan) * 1000.0
    follows = np.flatnonzero(mine[:-1] & (stream[1:] == stream[:-1]) & np.isfinite(owed[:-1]))
    waited = joined.ms("dispatched")[follows + 1] - joined.ms("closed")[follows]
    return len(follows), int(np.count_nonzero(waited >= owed[follows] - _EARLY_MS))


def _mean(values: np.ndarray) -> float | None:
    return round(float(np.mean(values)), 3) if len(values) else None


def recovered_share(joined: Joined, chosen: Bools) -> float | None:
    """Streams that ended whole over those that needed more than one attempt."""
    again = chosen & joined.calls & (joined.attempts["attempt"] > 1).to_numpy(dtype=bool)
    whole = again & joined.is_outcome("completed")
    return int(np.count_nonzero(whole)) / int(np.count_nonzero(again)) if again.any() else None


SHARES = {"recovered_share": recovered_share}
