"""May a probe pass? Counting streams over the objective, at three fixed looks.

With h streams within the objective and t over it, passing needs P(at least h of n within | share p) small:
I_p(h, t + 1) <= 1 - c. Failing is the mirror image. Looking after every stream instead would turn a false
pass rate of 1 % into 7 %; three looks keep it below 3 %, and below 1 % with c = 0.997.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from scipy.special import betainc

Decision = Literal["PASS", "FAIL", "UNDECIDED"]
SURE = 0.99
STRICT = 0.997
_PASSING = (1, 10, 20)  # streams over the objective with which a look of its size still passes
LOOKS = len(_PASSING)


@dataclass(frozen=True)
class Look:
    """A size at which a probe may be decided: pass with at most, fail with at least so many over."""

    n: int
    pass_at_most: int
    fail_at_least: int


def passes(within: float, over: float, p: float, sure: float = SURE) -> bool:
    """Whether a share of `p` within the objective is exceeded, so far as these streams can tell."""
    return within > 0 and bool(betainc(within, over + 1, p) <= 1 - sure)


def fails(within: float, over: float, p: float, sure: float = SURE) -> bool:
    """Whether it is missed."""
    return over > 0 and bool(betainc(over, within + 1, 1 - p) <= 1 - sure)


def decide(within: int, over: int, p: float, sure: float = SURE, inflation: float = 1.0) -> Decision:
    """The decision at one look.

    `inflation` is how many streams it takes to tell as much as one independent stream (the variance
    inflation factor): near saturation neighbours wait together, and counts are worth that much less.
    """
    h, t = within / inflation, over / inflation
    if passes(h, t, p, sure):
        return "PASS"
    return "FAIL" if fails(h, t, p, sure) else "UNDECIDED"


@lru_cache(maxsize=64)
def needed(p: float, over: int, sure: float = SURE) -> int:
    """The least number of streams with which `over` beyond the objective still pass."""
    low, high = over, over + 2
    while not passes(high - over, over, p, sure):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if passes(middle - over, over, p, sure) else (middle, high)
    return high


@lru_cache(maxsize=64)
def looks(p: float, sure: float = SURE) -> tuple[Look, Look, Look]:
    """The three looks for an objective that a share `p` of the streams must meet.

    Their sizes are those of c = 0.99 for every `sure`, so that a stricter rule only moves the thresholds.
    """
    first, second, third = (_look(needed(p, over), p, sure) for over in _PASSING)
    return first, second, third


def _look(n: int, p: float, sure: float) -> Look:
    passing = max((t for t in range(n) if passes(n - t, t, p, sure)), default=-1)
    # With a small p so few streams may pass that even all of them over could be chance: then never.
    failing = next((t for t in range(max(passing, 0) + 1, n + 1) if fails(n - t, t, p, sure)), n + 1)
    return Look(n, passing, failing)
