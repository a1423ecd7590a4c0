"""Little's law from three sources: open requests at the provider, arrivals by schedule, times by the user.

L = lambda (W - S): L is the mean number open in the provider's ledger, lambda the rate at which streams
were wanted, W what a stream took its user, S the part of it without an upstream request, which on one
clock is W without the time that its own request was open. From one set of records the law is an identity
and proves nothing. Here the two sides meet only by stream id, so it finds lost records, requests that no
stream explains, and requests that stay open.
"""

from dataclasses import dataclass

import numpy as np

from harness.metrics.concurrency import mean_open
from harness.metrics.join import Joined
from harness.plan.phases import Phase

LEAST_STREAM_TIMES = 10.0
# Streams open at the window's edges are counted whole by one side and in part by the other. The standard
# deviation of that difference is about 0.85 W sqrt(L); it must stay well below the limit of 2 % of L T.
_EDGE_NOISE = 0.85
_NOISE_ALLOWED = 0.02 / 3


@dataclass(frozen=True)
class Residual:
    phase: str
    share: float  # |L - lambda (W - S)| / L
    window_s: float


def residuals(joined: Joined) -> list[Residual]:
    """One for each steady phase whose settled part is long enough for the law to say something."""
    if not joined.has_ledger:
        return []
    steady = [p for p in joined.run.plan.phases if p.kind == "steady" and p.name in joined.spans]
    found = [_residual(joined, phase) for phase in steady]
    return [residual for residual in found if residual is not None]


def _residual(joined: Joined, phase: Phase) -> Residual | None:
    attempts = joined.attempts
    mine = joined.of_phase(phase.name) & np.isfinite(joined.ms("closed")) & np.isfinite(joined.ms("sent"))
    if not mine.any() or (attempts["up_n"].to_numpy()[mine] > 1).any():
        return None
    took = float(np.mean((joined.ms("closed") - joined.ms("sent"))[mine]))
    start_ns, end_ns = joined.spans[phase.name]
    if end_ns == joined.run.facts.ended_ns:
        return None  # cut short together with its open streams: no steady state up to its end
    start = joined.seconds(start_ns) * 1000.0 + phase.load.ramp_s * 1000.0 + 3 * took
    end = joined.seconds(end_ns) * 1000.0
    intended = joined.ms("intended")
    wanted = joined.of_phase(phase.name) & (intended >= start) & (intended < end)
    window = end - start
    if window < LEAST_STREAM_TIMES * took or not wanted.any():
        return None
    received = joined.upstream["received"].to_numpy(dtype=np.float64)
    closed = joined.upstream["closed"].to_numpy(dtype=np.float64)
    open_upstream = float(mean_open(received, closed, np.array([start, end]))[0])
    served = np.nan_to_num((joined.ms("up_closed") - joined.ms("up_received"))[wanted])
    expected = float(served.sum()) / window
    if not open_upstream or _EDGE_NOISE * took / (np.sqrt(open_upstream) * window) > _NOISE_ALLOWED:
        return None
    return Residual(phase.name, abs(open_upstream - expected) / open_upstream, window / 1000.0)
