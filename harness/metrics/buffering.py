"""Does a path hold events back, and what kind of buffer does that?

A provider emits events at a constant gap; each arrives some time later. A path that delays all of them alike
is slow, not a buffer. A buffer shows in what arrives together, and its kind in what its clusters have in
common: bytes, time, the end of the answer, or its beginning.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np

from harness.metrics.samples import Bools, Floats

BURST_MS = 2.0  # events that arrive closer than this, or a tenth of their gap, arrive together
SHAKY_MS = 5.0  # by so much a busy machine is late, and nobody sees it
_NOTICED_MS = 100.0  # a beginning that is held for less may be a machine that was busy just then
_MOST = 0.9  # of the events: as good as all
_UNEVEN = 0.35  # standard deviation over mean, of the bytes of clusters or of the times between them
_ALIKE = 0.7  # of the events in clusters of one size: enough to call them regular


class Verdict(IntEnum):
    """Of one pass; a path is as bad as its worst."""

    CLEAN = 0
    IRREGULAR = 1  # late or early, but not together
    PARTIAL = 2
    BUFFERED = 3


@dataclass(frozen=True)
class Trial:
    """One pass at both ends, an element an event, in order; ms of any one clock each."""

    emitted_ms: Floats
    arrived_ms: Floats
    sizes: Floats  # bytes on the user's side


@dataclass(frozen=True)
class Cluster:
    """Events that arrived together."""

    events: int
    bytes: float
    at_ms: float  # since the first event was emitted


@dataclass(frozen=True)
class Reading:
    """What one pass shows."""

    verdict: Verdict
    burst: float  # share of the gaps that became none
    spread: float  # time from first to last arrival, as a share of that from first to last emission
    hold_p95_ms: float  # beyond the least delay of the pass
    clusters: tuple[Cluster, ...]
    lasted_ms: float  # from first to last emission

    @property
    def until_the_end(self) -> bool:
        """All that matters came at once, when there was nothing more to come."""
        last = self.clusters[-1]
        return last.events >= _MOST * self.events and last.at_ms >= self.lasted_ms - BURST_MS

    @property
    def only_at_first(self) -> bool:
        """One cluster at the beginning, and then event by event."""
        first, *others = self.clusters
        together = sum(cluster.events > 1 for cluster in others)
        return first.events >= 3 and first.at_ms >= _NOTICED_MS and 2 <= len(others) >= 50 * together

    @property
    def events(self) -> int:
        return sum(cluster.events for cluster in self.clusters)


def read(trial: Trial, direct_hold_ms: float = 0.0) -> Reading:
    """`direct_hold_ms` is the p95 hold without the system: what is no more than ten times it is our own.

    Raises ValueError for fewer than three events.
    """
    if len(trial.emitted_ms) < 3:
        raise ValueError("a pass needs three events")
    left, came = np.diff(trial.emitted_ms), np.diff(trial.arrived_ms)
    gap_ms = float(np.median(left))
    together_ms = max(BURST_MS, 0.1 * gap_ms)
    bursty = (came < together_ms) & (left >= together_ms)  # a burst of the provider is not the path's
    lasted_ms = float(left.sum())
    delay = trial.arrived_ms - trial.emitted_ms
    burst, spread = float(np.mean(bursty)), float(came.sum()) / lasted_ms
    hold_ms = float(np.percentile(delay - delay.min(), 95))
    return Reading(
        verdict=_verdict(burst, spread, hold_ms, gap_ms, 10 * direct_hold_ms),
        burst=burst, spread=spread, hold_p95_ms=hold_ms,
        clusters=_clusters(trial, came < together_ms), lasted_ms=lasted_ms,
    )  # fmt: skip


def _verdict(burst: float, spread: float, hold_ms: float, gap_ms: float, own_ms: float) -> Verdict:
    if burst >= 0.5 and hold_ms > max(2 * gap_ms, own_ms):
        return Verdict.BUFFERED
    if burst >= 0.1:
        return Verdict.PARTIAL
    if abs(spread - 1) <= 0.05 and hold_ms <= max(0.1 * gap_ms, SHAKY_MS) + own_ms:
        return Verdict.CLEAN
    return Verdict.IRREGULAR


def _clusters(trial: Trial, together: Bools) -> tuple[Cluster, ...]:
    starts = np.flatnonzero(np.concatenate([[True], ~together]))
    ends = np.append(starts[1:], len(trial.arrived_ms))
    return tuple(
        Cluster(
            int(end - start),
            float(trial.sizes[start:end].sum()),
            float(trial.arrived_ms[end - 1] - trial.emitted_ms[0]),
        )
        for start, end in zip(starts, ends, strict=True)
    )


@dataclass(frozen=True)
class Signature:
    """The kind of a buffer: what its clusters have in common, and how much of it."""

    kind: Literal["none", "full", "size", "timer", "initial", "irregular"]
    bytes: float = 0.0  # of `size`: what it waits for; of `full`: the least that it holds
    ms: float = 0.0  # of `timer`: its period; of `initial`: how long the first event was held


def signature(passes: Mapping[str, Reading]) -> Signature:
    """Out of passes that differ in bytes a second: only so are bytes and time told apart.

    At one rate, a buffer of 4 KiB and a timer of 200 ms make the same clusters. At another rate the one
    keeps its bytes and the other its period.
    """
    held = {name: reading for name, reading in passes.items() if reading.verdict >= Verdict.PARTIAL}
    if not held:
        odd = any(reading.verdict is Verdict.IRREGULAR for reading in passes.values())
        return Signature("irregular" if odd else "none")
    readings = list(held.values())
    if all(reading.only_at_first for reading in readings):
        return Signature("initial", ms=max(reading.clusters[0].at_ms for reading in readings))
    if all(reading.until_the_end for reading in readings):
        if len(held) < len(passes):
            return Signature("irregular")  # no buffer holds few bytes for ever and passes many on
        return Signature("full", bytes=max(sum(c.bytes for c in reading.clusters) for reading in readings))
    regular = [found for reading in readings if (found := _regular(reading)) is not None]
    return _common(regular, len(readings) == 1) if regular else Signature("irregular")


@dataclass(frozen=True)
class _Regular:
    events: float
    bytes: float
    period_ms: float | None  # not from a single cluster


def _regular(reading: Reading) -> _Regular | None:
    """What the clusters of a pass have in common; None where there is none, or nothing."""
    whole = reading.clusters[:-1]  # the last one came because the answer was over
    if not whole:
        return None
    sizes = np.array([cluster.bytes for cluster in whole])
    events = np.array([cluster.events for cluster in whole])
    usual = float(np.median(np.repeat(events, events)))  # of the cluster in which an event finds itself
    alike = np.abs(events - usual) <= np.maximum(1, 0.5 * usual)
    if usual < 1.5 or events[alike].sum() < _ALIKE * events.sum():
        return None
    between = np.diff([cluster.at_ms for cluster in whole])
    # Whatever fills or ticks does so evenly; the pauses of a busy machine come as they like.
    if len(between) > 1 and min(_unevenness(between), _unevenness(sizes)) > _UNEVEN:
        return None
    return _Regular(usual, float(np.mean(sizes[alike])), float(np.median(between)) if len(between) else None)


def _unevenness(values: Floats) -> float:
    return float(np.std(values) / np.mean(values))


def _common(regular: list[_Regular], alone: bool) -> Signature:
    """`alone`: no other pass was held at all."""
    periods = [found.period_ms for found in regular if found.period_ms is not None]
    sizes = [found.bytes for found in regular]
    if len(regular) == 1:
        # Passes of fewer bytes came whole at the end: bytes were waited for. If they came untouched instead,
        # their events were too far apart for a timer, while bytes would have been waited for there too.
        if alone and periods:
            return Signature("timer", ms=periods[0])
        return Signature("irregular") if alone else Signature("size", bytes=sizes[0])
    apart_bytes = max(sizes) / min(sizes)
    apart_ms = max(periods) / min(periods) if len(periods) > 1 else float("inf")
    if min(apart_bytes, apart_ms) > 2:
        return Signature("irregular")
    if apart_ms < apart_bytes:
        # The pass with the most events in a cluster cuts a timer's period into the finest pieces.
        finest = max(regular, key=lambda found: (found.period_ms is not None, found.events))
        return Signature("timer", ms=finest.period_ms or 0.0)
    return Signature("size", bytes=float(np.median(sizes)))
