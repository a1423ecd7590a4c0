"""How often do this machine's own A/A comparisons fail, and does it find a change that is there?"""

from scipy.stats import beta

ALLOWED = 0.01
KEPT = 200  # newest A/A comparisons of a machine


def clopper_pearson(hits: int, n: int, sure: float = 0.95) -> tuple[float, float]:
    """The exact two-sided interval of a share."""
    tail = (1 - sure) / 2
    low = float(beta.ppf(tail, hits, n - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, n - hits)) if hits < n else 1.0
    return low, high


def lower_bound(hits: int, n: int, sure: float = 0.95) -> float:
    """The exact one-sided lower bound of a share."""
    return float(beta.ppf(1 - sure, hits, n - hits + 1)) if hits else 0.0


def disabled(fails: int, n: int) -> bool:
    """Whether the false-alarm rate is surely above 1 %: the gate then vouches for nothing."""
    return n > 0 and lower_bound(fails, n) > ALLOWED


def control_missed(found: int, n: int, wanted: float = 0.95) -> bool:
    """Whether a +10 % control is surely found less often than it must be."""
    return n > 0 and clopper_pearson(found, n)[1] < wanted
