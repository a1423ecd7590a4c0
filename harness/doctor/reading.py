"""What one step of the known-answer test shows, and which limit it breaks. Pure.

Limits are those of a run's validity at which numbers are no longer believed, and two that only a known
answer allows: how far TTFT, and how far any single arrival stamp, is from the emitter's truth.
"""

import msgspec
import numpy as np
import pandas as pd

from harness.metrics.join import Joined
from harness.metrics.samples import Floats, Ints
from harness.metrics.stamps import flat


class Limit(msgspec.Struct, frozen=True):
    """A quantity of a reading, and the most it may be."""

    id: str
    unit: str
    most: float
    meaning: str


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One load held for a while. Times are ms; NaN where there was nothing to measure."""

    streams: int  # open at once, all load processes together
    events_s: float  # token events a second that really were emitted
    failed: int  # streams that ended otherwise than whole or with the test
    ttft_n: int  # streams whose TTFT was compared
    known_answer_p50_ms: float  # |TTFT of the client - TTFT of the emitter|
    known_answer_p99_ms: float
    stamp_error_p50_ms: float  # |arrival stamp - emission stamp| of single tokens
    stamp_error_p99_ms: float
    merged_stamps: float  # share of reads whose events share a stamp because we were late
    dispatch_delay_p50_ms: float
    dispatch_delay_p99_ms: float
    loop_lag_p99_ms: float
    loop_lag_max_ms: float
    cpu: float  # of the worst load process, share of a core
    emitter_late_p99_ms: float

    def broken(self) -> list[Limit]:
        """The limits that this reading breaks, in their order. What was not measured breaks its own."""
        return [limit for limit in LIMITS if not getattr(self, limit.id) <= limit.most]


LIMITS = (
    Limit("failed", "streams", 0.0, "streams failed"),
    Limit("emitter_late_p99_ms", "ms", 25.0, "the emitter paced its own tokens badly"),
    Limit("known_answer_p99_ms", "ms", 2.0, "TTFT is off from the emitter's truth"),
    Limit("stamp_error_p99_ms", "ms", 1.0, "arrival stamps are off from the emission stamps"),
    Limit("merged_stamps", "share", 0.05, "events share a stamp because they were read late"),
    Limit("dispatch_delay_p50_ms", "ms", 10.0, "streams begin late"),
    Limit("dispatch_delay_p99_ms", "ms", 100.0, "some streams begin late"),
    Limit("loop_lag_p99_ms", "ms", 25.0, "the load process's loop runs late"),
    Limit("loop_lag_max_ms", "ms", 195.0, "the load process's loop was blocked"),
    Limit("cpu", "core", 0.9, "a load process has no CPU to spare"),
)


def read_step(joined: Joined, phase: str, streams: int, settle_s: float) -> Reading:
    """The reading of a phase, without its first `settle_s` seconds, in which users were still being made."""
    begin_ns, end_ns = joined.spans[phase]
    begin, end = joined.seconds(begin_ns) * 1000.0 + settle_s * 1000.0, joined.seconds(end_ns) * 1000.0
    attempts, upstream = joined.attempts, joined.upstream
    emitted_at = _instants(upstream, "received", "emit_us")
    inside = (emitted_at >= begin) & (emitted_at < end)
    arrived, error = _stamp_errors(joined, emitted_at)
    answer = _known_answer(joined, begin, end)
    delay = (attempts["dispatched"] - attempts["intended"]).to_numpy(dtype=np.float64)
    delay = delay[_between(joined.ms("intended"), begin, end) & np.isfinite(delay)]
    host = _host(joined, begin_ns + int(settle_s * 1e9), end_ns)
    failed = joined.of_phase(phase) & ~joined.is_outcome("completed", "interrupted")
    return Reading(
        streams=streams,
        events_s=round(float(np.count_nonzero(inside)) / ((end - begin) / 1000.0), 1),
        failed=int(np.count_nonzero(failed)),
        ttft_n=len(answer),
        known_answer_p50_ms=_percentile(answer, 50),
        known_answer_p99_ms=_percentile(answer, 99),
        stamp_error_p50_ms=_percentile(error[_between(arrived, begin, end)], 50),
        stamp_error_p99_ms=_percentile(error[_between(arrived, begin, end)], 99),
        merged_stamps=_merged(joined, begin, end),
        # Without any new stream in the window there was nothing that could have begun late.
        dispatch_delay_p50_ms=_percentile(delay, 50) if len(delay) else 0.0,
        dispatch_delay_p99_ms=_percentile(delay, 99) if len(delay) else 0.0,
        loop_lag_p99_ms=_worst(host, "loop_lag_p99_ms"),
        loop_lag_max_ms=_worst(host, "loop_lag_max_ms"),
        cpu=_worst(host, "cpu"),
        emitter_late_p99_ms=_percentile(flat(upstream["late_us"])[1][inside] / 1000.0, 99),
    )


def _instants(table: pd.DataFrame, base: str, column: str) -> Floats:
    """The instants of an array column, ms from the run's origin, rows end to end."""
    rows, us = flat(table[column])
    instants: Floats = table[base].to_numpy(dtype=np.float64)[rows] + us / 1000.0
    return instants


def _between(values: Floats, begin: float, end: float) -> np.ndarray:
    return (values >= begin) & (values < end)


def _percentile(values: Floats, percent: float) -> float:
    if not len(values):
        return float("nan")
    return round(float(np.percentile(values, percent, method="inverted_cdf")), 4)


def _stamp_errors(joined: Joined, emitted_at: Floats) -> tuple[Floats, Floats]:
    """(arrival, |arrival - emission|) of each token: the k-th to arrive is the k-th of its request."""
    content = joined.content
    owner = joined.attempts["up_row"].to_numpy(dtype=np.int64)[content.row]
    _, emit_us = flat(joined.upstream["emit_us"])
    lengths = joined.upstream["emit_us"].map(len).to_numpy(dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    index = content.index_in_row()
    known = (owner >= 0) & (index < np.append(lengths, 0)[owner])
    arrived = joined.ms("sent")[content.row[known]] + content.us[known] / 1000.0
    places: Ints = first[owner[known]] + index[known]
    assert len(emitted_at) == len(emit_us)
    return arrived, np.abs(arrived - emitted_at[places])


def _known_answer(joined: Joined, begin: float, end: float) -> Floats:
    """|(first content - sent) - (first token - received)| of streams whose first token came in the window."""
    at = joined.attempts
    ours = (at["first_content"] - at["sent"]).to_numpy(dtype=np.float64)
    truth = (at["up_first_token"] - at["up_received"]).to_numpy(dtype=np.float64)
    chosen = _between(joined.ms("first_content"), begin, end) & np.isfinite(ours) & np.isfinite(truth)
    errors: Floats = np.abs(ours - truth)[chosen]
    return errors


def _merged(joined: Joined, begin: float, end: float) -> float:
    """Share of reads with several events that waited for us longer than events are apart."""
    at = joined.attempts
    arrived = _instants(at, "sent", "read_us")
    rows, us = flat(at["read_us"])
    lag, events = flat(at["read_lag_us"])[1], flat(at["read_events"])[1]
    inside = _between(arrived, begin, end) & (events > 0)
    gaps = np.diff(us)[np.diff(rows) == 0]
    gaps = gaps[gaps > 0]
    if not inside.any() or not len(gaps):
        return float("nan")
    return round(float(np.mean((events > 1)[inside] & (lag > np.median(gaps))[inside])), 5)


def _host(joined: Joined, begin_ns: int, end_ns: int) -> pd.DataFrame:
    """Seconds of the load processes that lie in the window by at least half."""
    host = joined.run.host
    middle = host["t_ns"] - 500_000_000
    return host[(middle >= begin_ns) & (middle < end_ns) & host["process"].str.startswith("load")]


def _worst(host: pd.DataFrame, column: str) -> float:
    return round(float(host[column].max()), 3) if len(host) else float("nan")
