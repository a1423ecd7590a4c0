"""Where to look for the most streams that are still measured right. Pure: readings in, next loads out.

One climb is one load process whose users grow step by step, because starting one costs seconds. A first
climb finds between which two loads a limit breaks, a second divides what lies between, and holding the
best for longer must confirm it.
"""

from collections.abc import Sequence
from itertools import zip_longest

import msgspec

from harness.doctor.reading import Limit, Reading

COARSE = (100, 200, 400, 700, 1100, 1600)
QUICK = (100, 250, 450, 700, 1000)
_FINE_STEPS = 4
_WORTH_DIVIDING = 1.15


class Bracket(msgspec.Struct, frozen=True):
    """The most streams within all limits, and the next load, at which one broke."""

    best: Reading | None
    broke: Reading | None

    @property
    def limits(self) -> list[Limit]:
        """What broke first; empty where nothing did."""
        return self.broke.broken() if self.broke is not None else []


def bracket(readings: Sequence[Reading]) -> Bracket:
    """The readings of one climb, in order: it ends at two broken ones in a row, or at a broken last one.

    A single broken step below a good one was not the load's doing, as more load did no harm; something else
    ran on the machine at that moment. What is good after two broken ones is luck and does not count.
    """
    best = None
    for reading, following in zip_longest(readings, readings[1:]):
        if not reading.broken():
            best = reading
        elif following is None or following.broken():
            return Bracket(best, reading)
    return Bracket(best, None)


def finer(found: Bracket) -> list[int]:
    """Loads of a second climb between the bracket's ends; empty where it is narrow enough or open."""
    low = found.best.streams if found.best is not None else 0
    if found.broke is None:
        return []
    high = found.broke.streams
    if high <= max(low, 1) * _WORTH_DIVIDING:
        return []
    width = (high - low) / _FINE_STEPS
    steps = [round(low + width * step) for step in range(_FINE_STEPS + 1)]
    return [streams for streams in steps if streams >= 10]


def lower(reading: Reading) -> int:
    """A load to hold when `reading`'s could not be held."""
    return int(reading.streams * 0.85)


def merged(first: Bracket, second: Bracket) -> Bracket:
    """What two climbs say together: the later one divided what the earlier one left open.

    Where the second broke at once, at a load that the first had managed, holding that load will tell.
    """
    return Bracket(second.best or first.best, second.broke or first.broke)
