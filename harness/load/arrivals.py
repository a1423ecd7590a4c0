"""When open-loop streams are due: absolute offsets from the phase's start, from the seed alone.

Every worker computes the whole schedule and takes its share, so a stream's intended instant depends
neither on timing nor on how many workers there are. Late ones go at once; none is skipped or re-spaced.
"""

import math
from pathlib import Path

import numpy as np

from harness.clock import SECOND
from harness.plan.draws import Rng
from harness.plan.phases import Load


def schedule(load: Load, duration_s: float, rng: Rng, trace_s: np.ndarray | None = None) -> np.ndarray:
    """Arrival offsets in ns, ascending, all below `duration_s`, dtype int64.

    `constant` means equal gaps, `poisson` exponential ones, `gamma` gaps with coefficient of variation
    `load.cv`; a trace is taken as it is.
    """
    if trace_s is not None:
        offsets = np.sort(trace_s)
    else:
        assert load.rate is not None
        offsets = _offsets(load, load.rate, duration_s, rng)
    kept = offsets[(offsets >= 0) & (offsets < duration_s)]
    return (kept * SECOND).astype(np.int64)


def _offsets(load: Load, rate: float, duration_s: float, rng: Rng) -> np.ndarray:
    if load.arrivals == "constant":
        return np.arange(0, int(rate * duration_s) + 1) / rate
    shape = 1.0 if load.arrivals == "poisson" else 1 / load.cv**2
    pieces: list[np.ndarray] = []
    reached = 0.0
    while reached < duration_s:
        gaps = rng.gamma(shape, 1 / (rate * shape), max(64, int(rate * duration_s / 4)))
        pieces.append(reached + np.cumsum(gaps))
        reached = float(pieces[-1][-1])
    return np.concatenate(pieces)


def read_trace(path: Path) -> np.ndarray:
    """Arrival times in seconds, one a line; empty lines and lines from `#` on are skipped.

    Raises ValueError naming file and line.
    """
    times = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            time_s = float(text)
        except ValueError:
            time_s = math.nan
        if not math.isfinite(time_s):
            raise ValueError(f"{path}:{number}: {text!r} is not a time in seconds")
        times.append(time_s)
    return np.array(times)
