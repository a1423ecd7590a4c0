"""The run in one-second bins."""

import numpy as np

from harness.metrics.concurrency import mean_open
from harness.metrics.gap_heat import gap_heat
from harness.metrics.gaps import STALL_MS, open_gaps
from harness.metrics.join import Joined
from harness.metrics.samples import Bools, Floats, Ints
from harness.record import Outcome
from harness.summary import TimeSeries

BIN_MS = 1000.0
# A window percentile describes a moment and judges nothing; below this many values not even that.
_LEAST = 5


def timeseries(joined: Joined) -> TimeSeries:
    """From second 0 to the last thing that a user, the provider or a phase did."""
    edges = _edges(joined)
    if len(edges) < 2:
        return TimeSeries()
    sent, closed, first = joined.ms("sent"), joined.ms("closed"), joined.ms("first_content")
    ttft = first - joined.ms("call_intended")
    return TimeSeries(
        t_s=[float(edge / 1000.0) for edge in edges[:-1]],
        intended=_count(joined.ms("intended")[joined.last], edges),
        started=_count(joined.ms("dispatched"), edges),
        in_flight=_rounded(mean_open(sent, closed, edges)),
        waiting=_rounded(mean_open(sent, np.where(np.isnan(first), closed, first), edges)),
        provider_in_flight=_provider(joined, edges),
        ttft_p50=_window(first, ttft, edges, 50.0),
        ttft_p95=_window(first, ttft, edges, 95.0),
        tokens_delivered=_scaled(joined, _delivered(joined, edges)),
        tokens_emitted=_emitted(joined, edges),
        stalled=_rounded(mean_open(*_stalls(joined), edges) / joined.run.sample_share),
        outcomes=_outcomes(joined, edges),
        loop_lag_ms=_worst_of_load(joined, edges, "loop_lag_p99_ms"),
        dropped=_count(joined.ms("intended")[joined.is_outcome("not_started")], edges),
        cpu=_worst_of_load(joined, edges, "cpu"),
        gc_ms=_worst_of_load(joined, edges, "gc_max_ms"),
        gaps=gap_heat(joined, len(edges) - 1),
    )


def _edges(joined: Joined) -> Floats:
    ends = [joined.seconds(end) * 1000.0 for _, end in joined.spans.values()]
    # A phase that was cut short ends with the run, whose end is not an end of load.
    ends = [min(end, joined.seconds(joined.run.facts.ended_ns) * 1000.0) for end in ends]
    seen = np.concatenate([joined.ms("closed"), joined.ms("intended"), ends])
    last = float(np.nanmax(seen, initial=0.0)) if len(seen) else 0.0
    return np.arange(0.0, np.ceil(last / BIN_MS) + 1) * BIN_MS


def _count(instants: Floats, edges: Floats) -> list[int]:
    inside = instants[np.isfinite(instants) & (instants >= 0) & (instants < edges[-1])]
    counts = np.bincount((inside // BIN_MS).astype(int), minlength=len(edges) - 1)
    return [int(count) for count in counts]


def _rounded(values: Floats) -> list[float]:
    return [round(float(value), 3) for value in values]


def _instants(start_ms: Floats, row: Ints, us: Ints) -> Floats:
    instants: Floats = start_ms[row] + us / 1000.0
    return instants


def _delivered(joined: Joined, edges: Floats) -> list[int]:
    return _count(_instants(joined.ms("sent"), joined.arrivals.row, joined.arrivals.us), edges)


def _emitted(joined: Joined, edges: Floats) -> list[int] | None:
    if not joined.has_ledger:
        return None
    received = joined.upstream["received"].to_numpy(dtype=np.float64)
    received = np.where(joined.upstream_sampled, received, np.nan)
    return _scaled(joined, _count(_instants(received, joined.emissions.row, joined.emissions.us), edges))


def _scaled(joined: Joined, counts: list[int]) -> list[int]:
    """Counts of a sample of the streams as counts of all of them."""
    share = joined.run.sample_share
    return counts if share == 1.0 else [round(count / share) for count in counts]


def _provider(joined: Joined, edges: Floats) -> list[float] | None:
    if not joined.has_ledger:
        return None
    received = joined.upstream["received"].to_numpy(dtype=np.float64)
    closed = joined.upstream["closed"].to_numpy(dtype=np.float64)
    return _rounded(mean_open(received, closed, edges))


def _window(instants: Floats, values: Floats, edges: Floats, percent: float) -> list[float | None]:
    usable = np.isfinite(instants) & np.isfinite(values) & (instants >= 0)
    bins = (instants[usable] // BIN_MS).astype(int)
    order = np.argsort(bins, kind="stable")
    groups = np.split(values[usable][order], np.searchsorted(bins[order], np.arange(1, len(edges) - 1)))
    return [
        round(float(np.percentile(group, percent, method="inverted_cdf")), 3)
        if len(group) >= _LEAST
        else None
        for group in groups
    ]


def _stalls(joined: Joined) -> tuple[Floats, Floats]:
    """(start, end) of the part beyond the first second of every long silence after the first content."""
    content = joined.answer_content
    at = _instants(joined.answer_base, content.row, content.us)
    inner = np.flatnonzero(content.same_row)
    starts, ends = at[inner] + STALL_MS, at[inner + 1]
    last = joined.ms("answer_last_content")
    still = np.flatnonzero(np.isfinite(open_gaps(joined)) & np.isfinite(last) & joined.sampled)
    starts = np.concatenate([starts, last[still] + STALL_MS])
    ends = np.concatenate([ends, joined.ms("closed")[still]])
    long = ends > starts
    return starts[long], ends[long]


def _outcomes(joined: Joined, edges: Floats) -> dict[str, list[int]]:
    ended = np.where(np.isnan(joined.ms("closed")), joined.ms("intended"), joined.ms("closed"))
    found: dict[str, list[int]] = {}
    for outcome in Outcome:
        mine: Bools = joined.is_outcome(outcome)
        if mine.any():
            found[str(outcome)] = _count(ended[mine], edges)
    return found


def _worst_of_load(joined: Joined, edges: Floats, column: str) -> list[float | None]:
    """The worst of any load process in each second."""
    host = joined.run.host
    load = host[host["process"].str.startswith("load")] if len(host) else host
    if not len(load):
        return [None] * (len(edges) - 1)
    at = (load["t_ns"].to_numpy(dtype=np.int64) - joined.run.origin_ns) / 1e6
    # A sample is taken at the end of its second.
    place = np.ceil(at / BIN_MS).astype(int) - 1
    worst: list[float | None] = [None] * (len(edges) - 1)
    for where, value in zip(place.tolist(), load[column].tolist(), strict=True):
        if 0 <= where < len(worst) and np.isfinite(value):
            worst[where] = max(worst[where] or 0.0, round(float(value), 3))
    return worst
