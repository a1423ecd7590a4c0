"""The universal scalability law, as advice: X(N) = l N / (1 + s (N - 1) + k N (N - 1))."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from harness.metrics.samples import Floats

LEAST_POINTS = 6
_REACH = 1.5  # times the highest measured N


@dataclass(frozen=True)
class Usl:
    """`rate` of one alone, contention `sigma`, coherency `kappa`; the peak lies at `best_n`."""

    rate: float
    sigma: float
    kappa: float
    best_n: float
    best_throughput: float
    measured_n: float
    note: str = ""

    def throughput(self, n: float) -> float | None:
        """X(n); None beyond 1.5 times what was measured, where the curve is a guess."""
        if n > _REACH * self.measured_n:
            return None
        return float(_model(np.array([self.rate, self.sigma, self.kappa]), np.array([n]))[0])


def _model(parameters: Floats, n: Floats) -> Floats:
    rate, sigma, kappa = parameters
    curve: Floats = rate * n / (1 + sigma * (n - 1) + kappa * n * (n - 1))
    return curve


def fit(n: Floats, throughput: Floats) -> Usl | None:
    """Least squares within 0 <= sigma <= 1, kappa >= 0; None below six points.

    A peak outside the points, or with them all on one side, is told in `note` and not to be relied on.
    """
    if len(n) < LEAST_POINTS or np.unique(n).size < LEAST_POINTS:
        return None
    start = [float(throughput[0] / n[0]), 0.05, 1e-4]
    scale = float(np.max(throughput))
    found = least_squares(
        lambda p: (_model(p, n) - throughput) / scale,
        start,
        bounds=([1e-12, 0.0, 0.0], [np.inf, 1.0, np.inf]),
        x_scale=[start[0], 0.01, 1e-4],
    ).x
    rate, sigma, kappa = (float(value) for value in found)
    best = float(np.sqrt((1 - sigma) / kappa)) if kappa > 1e-9 else float("inf")
    top = float(_model(found, np.array([best]))[0]) if np.isfinite(best) else rate / max(sigma, 1e-12)
    measured = float(np.max(n))
    note = ""
    if best > _REACH * measured:
        note = "the peak lies beyond what was measured"
    elif not (np.min(n) < best < measured):
        note = "no points on both sides of the peak"
    return Usl(rate, sigma, kappa, best, top, measured, note)
