"""The time series of a summary as arrays that all charts share."""

from typing import NamedTuple

import numpy as np

from harness.summary import GapHeat, Span, Summary

MOST_BINS = 600  # more than a chart has room for
_PEAKS = {
    "ttft_p50",
    "ttft_p95",
    "stalled",
    "loop_lag_ms",
    "cpu",
    "gc_ms",
}  # thinned by their worst second, never by a mean
_NAMES = (
    "intended", "started", "in_flight", "waiting", "provider_in_flight", "ttft_p50", "ttft_p95",
    "tokens_delivered", "tokens_emitted", "stalled", "loop_lag_ms", "dropped", "cpu", "gc_ms",
)  # fmt: skip


class Series(NamedTuple):
    """Arrays of one length; NaN where nothing was measured. A series without any value is absent."""

    edges: np.ndarray  # of the bins, one more than there are values, s
    values: dict[str, np.ndarray]
    outcomes: dict[str, np.ndarray]
    bin_s: int
    end_s: float  # right end of the shared axis
    problems: list[str]  # what was left out, and why
    gaps: GapHeat | None = None

    @property
    def middles(self) -> np.ndarray:
        middles: np.ndarray = (self.edges[:-1] + self.edges[1:]) / 2
        return middles


def series(summary: Summary) -> Series | None:
    """The series of `summary`, or None when it has no time axis."""
    raw = summary.timeseries
    if not raw.t_s:
        return None
    per_bin = -(-len(raw.t_s) // MOST_BINS)
    start = raw.t_s[0]
    edges = start + np.arange(-(-len(raw.t_s) // per_bin) + 1, dtype=float) * per_bin
    problems: list[str] = []

    def thinned(name: str, numbers: list[float | None] | None) -> np.ndarray | None:
        if not numbers:
            return None
        if len(numbers) != len(raw.t_s):
            problems.append(f"{name} has {len(numbers)} values for {len(raw.t_s)} seconds and is left out")
            return None
        return _thin(np.array(numbers, dtype=float), per_bin, peaks=name in _PEAKS)

    values = {name: thinned(name, getattr(raw, name)) for name in _NAMES}
    outcomes = {name: thinned(f"outcomes.{name}", list(counts)) for name, counts in raw.outcomes.items()}
    ends = [edges[-1], summary.run.duration_s, *[span.t1_s for span in spans(summary)]]
    return Series(
        edges,
        {name: found for name, found in values.items() if found is not None and not np.isnan(found).all()},
        {name: found for name, found in outcomes.items() if found is not None and np.nansum(found)},
        per_bin,
        float(max(ends)),
        problems,
        _heat(raw.gaps, problems),
    )


def _heat(gaps: GapHeat | None, problems: list[str]) -> GapHeat | None:
    if gaps is None or not gaps.counts:
        return None
    if {len(column) for column in gaps.counts} != {len(gaps.edges_ms) - 1} or gaps.bin_s < 1:
        problems.append("the gaps over time have columns of different lengths and are left out")
        return None
    return gaps


def _thin(values: np.ndarray, per_bin: int, peaks: bool) -> np.ndarray:
    """`per_bin` neighbours become one: their maximum for peaks, their mean for rates."""
    if per_bin == 1:
        return values
    padded = np.concatenate([values, np.full(-len(values) % per_bin, np.nan)]).reshape(-1, per_bin)
    empty = np.isnan(padded).all(axis=1)
    padded[empty] = 0.0
    thinned: np.ndarray = np.nanmax(padded, axis=1) if peaks else np.nanmean(padded, axis=1)
    thinned[empty] = np.nan
    return thinned


def spans(summary: Summary) -> list[Span]:
    """Everything that has a place on the time axis: phases, then network events."""
    return [phase.span for phase in summary.phases] + summary.events
