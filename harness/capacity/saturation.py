"""Is the queue still growing? A short step flatters an overloaded system by its p95, not by its slope."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from harness.metrics.samples import Floats

LEAST_S = 30.0
WINDOW_S = 120.0
FLOOR_MS = 2500.0  # of TTFT, without an objective of its own


@dataclass(frozen=True)
class Slope:
    """Change a second, with its lower 95 % bound (one-sided)."""

    value: float
    low: float


def slope(t_s: Floats, values: Floats) -> Slope:
    """Least squares through (t_s, values), at least three points at different instants."""
    x, y = t_s - t_s.mean(), values - values.mean()
    spread = float(x @ x)
    if len(x) < 3 or spread == 0:
        raise ValueError("a slope with a bound needs three points at different instants")
    value = float(x @ y) / spread
    rest = y - value * x
    error = float(np.sqrt((rest @ rest) / (len(x) - 2) / spread))
    return Slope(value, value - float(student.ppf(0.95, len(x) - 2)) * error)


def saturated(t_s: Floats, in_flight: Floats, ttft_ms: Floats, floor_ms: float = FLOOR_MS) -> bool:
    """Both slopes of the last two minutes are surely positive, and the TTFT has left its floor.

    Bins of a second or more, NaN where nothing was measured. Less than 30 s of them say nothing.
    """
    known = np.isfinite(in_flight) & np.isfinite(ttft_ms)
    known &= t_s > (t_s[known].max() - WINDOW_S if known.any() else 0.0)
    t_s, in_flight, ttft_ms = t_s[known], in_flight[known], ttft_ms[known]
    if len(t_s) < 3 or t_s[-1] - t_s[0] < LEAST_S - 1:
        return False
    late = float(np.mean(ttft_ms[-max(3, len(ttft_ms) // 4) :]))
    return late > floor_ms and slope(t_s, in_flight).low > 0 and slope(t_s, ttft_ms).low > 0
