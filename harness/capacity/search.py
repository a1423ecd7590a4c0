"""The search for the most load that passes: doubling until a probe fails, then halving the bracket.

A state machine fed with decisions, so that it runs as well on virtual time as on real runs.
"""

import math
from dataclasses import dataclass
from typing import Literal

from harness.capacity.looks import Decision

Ended = Literal["narrow", "nothing passed", "nothing failed", "too many probes", "interrupted"]
_WIDEN_ABOVE = 0.8  # of the expected most


@dataclass(frozen=True)
class Probe:
    """One load that was tried."""

    load: float
    decision: Decision


@dataclass(frozen=True)
class Bracket:
    """The highest load that passed below every load that did not, and the lowest that did not.

    `edges` are loads at which three looks could not decide: there the objective is met as often as not.
    """

    low: float | None
    high: float | None
    ended: Ended
    edges: tuple[float, ...] = ()

    @property
    def middle(self) -> float | None:
        """The best single number: the edge where one was met, else between the two ends.

        Halfway between a pass and an undecided load would lie too low: passing takes a share well within the
        objective, so in 20 searches of a queue with eight servers that was up to 12 % below the truth.
        """
        if self.low is None:
            return None
        inside = [load for load in self.edges if load >= self.low]
        if inside:
            return math.exp(sum(map(math.log, inside)) / len(inside))
        return self.low if self.high is None else math.sqrt(self.low * self.high)


class Search:
    """Ask `load`, probe it, `tell` the decision, until `bracket` is there.

    `start` is a load believed safe, `expected` the most believed possible, `most` a hard limit of what may be
    offered, `ratio` how close the ends must come. Whole numbers (users) are searched with `whole`.
    """

    def __init__(
        self, start: float, *, expected: float | None = None, most: float = math.inf, ratio: float = 1.05,
        whole: bool = False, probes: int = 40,
    ) -> None:  # fmt: skip
        if not 0 < start <= most or ratio <= 1:
            raise ValueError("start must be positive and at most `most`, ratio above 1")
        self._least = start / 1024
        self._expected, self._most, self._ratio, self._whole = expected, most, ratio, whole
        self._left = probes
        self._low: float | None = None
        self._high: float | None = None
        self.probes: list[Probe] = []
        self.bracket: Bracket | None = None
        self.load = self._fit(start)

    def tell(self, decision: Decision) -> None:
        """What came of `load`. Undecided means that it lies at the edge: it closes the bracket from above."""
        self.probes.append(Probe(self.load, decision))
        self._left -= 1
        if decision == "PASS":
            self._low = self.load
        else:
            self._high = self.load
        self._next()

    def stop(self) -> None:
        """Somebody has no more time: the bracket so far is the bracket. Nothing where it is there already."""
        if self.bracket is None:
            self._end("interrupted")

    def _end(self, ended: Ended) -> None:
        failed = [probe.load for probe in self.probes if probe.decision == "FAIL"]
        edges = tuple(sorted(probe.load for probe in self.probes if probe.decision == "UNDECIDED"))
        self.bracket = Bracket(self._low, min(failed) if failed else self._high, ended, edges)

    def _next(self) -> None:
        if self._low is not None and self._high is not None:
            self._narrow(self._low, self._high)
        elif self._left <= 0:
            self._end("too many probes")
        elif self._high is None:
            self._rise()
        else:
            self._sink(self._high)

    def _rise(self) -> None:
        """Double; where the most was believed known, up to that, and beyond once a pass comes near it."""
        assert self._low is not None
        if self._low >= self._most:
            self._end("nothing failed")
            return
        while self._expected is not None and self._low > _WIDEN_ABOVE * self._expected:
            self._expected *= 2
        self.load = self._fit(min(self._low * 2, self._expected or math.inf, self._most))
        if self.load <= self._low:
            self._end("nothing failed")

    def _sink(self, high: float) -> None:
        """Nothing has passed yet: halve."""
        self.load = self._fit(high / 2)
        if self.load >= high or self.load < self._least:
            self._end("nothing passed")

    def _narrow(self, low: float, high: float) -> None:
        middle = self._fit(math.sqrt(low * high))
        if high / low <= self._ratio or middle <= low or middle >= high:
            self._end("narrow")
        elif self._left <= 0:
            self._end("too many probes")
        else:
            self.load = middle

    def _fit(self, load: float) -> float:
        return float(max(1, round(load))) if self._whole else load
