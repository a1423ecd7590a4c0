"""Streams in flight, integrated exactly from their opening and closing edges, never sampled."""

import numpy as np

from harness.metrics.samples import Floats


def mean_open(starts: Floats, ends: Floats, edges: Floats) -> Floats:
    """Time-weighted mean number of open intervals between each two `edges`; shape (len(edges) - 1,).

    Intervals with a NaN at either end, or that end before they start, are left out.
    """
    usable = np.isfinite(starts) & np.isfinite(ends) & (ends >= starts)
    area = _elapsed(np.sort(starts[usable]), edges) - _elapsed(np.sort(ends[usable]), edges)
    mean: Floats = np.diff(area) / np.diff(edges)
    return np.maximum(mean, 0.0)


def _elapsed(instants: Floats, edges: Floats) -> Floats:
    """For each edge: the sum over earlier instants of the time since."""
    totals = np.concatenate([[0.0], np.cumsum(instants)])
    before = np.searchsorted(instants, edges, side="left")
    elapsed: Floats = before * edges - totals[before]
    return elapsed


def peak_open(starts: Floats, ends: Floats) -> int:
    """The most intervals ever open at once; one that ends just as another starts does not overlap it."""
    usable = np.isfinite(starts) & np.isfinite(ends)
    times = np.concatenate([starts[usable], ends[usable]])
    steps = np.concatenate([np.ones(int(usable.sum())), -np.ones(int(usable.sum()))])
    order = np.lexsort((steps, times))
    return int(np.cumsum(steps[order]).max(initial=0))
