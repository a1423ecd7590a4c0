"""Outcomes for people: in one order, in words, with their shares."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from harness.record import Outcome
from reports.numerals import share

WORDS: dict[str, str] = {
    "completed": "completed",
    "truncated": "truncated",
    "timed_out": "timed out",
    "stalled": "stalled",
    "reset": "reset",
    "interrupted": "run ended first",
    "abandoned": "abandoned",
    "cancelled": "left by plan",
    "corrupt": "corrupt",
    "error_event": "error event",
    "rate_limited": "rate limited",
    "refused": "refused",
    "not_started": "not started",
}
_ORDER = [outcome.value for outcome in reversed(Outcome)]


class Part(NamedTuple):
    name: str
    words: str
    number: int
    share: str


def ordered(names: Iterable[str]) -> list[str]:
    """Completed first, then from the end of an attempt to its start; unknown names last."""
    known = {name: place for place, name in enumerate(_ORDER)}
    return sorted(names, key=lambda name: (known.get(name, len(known)), name))


def parts(counts: Mapping[str, int]) -> list[Part]:
    """The outcomes that happened, in order."""
    total = sum(counts.values())
    return [
        Part(name, WORDS.get(name, name), counts[name], share(counts[name], total))
        for name in ordered(counts)
        if counts[name]
    ]


def sentence(counts: Mapping[str, int]) -> str:
    """`58 completed, 2 reset`; `no streams` when there were none."""
    return ", ".join(f"{part.number:,} {part.words}" for part in parts(counts)) or "no streams"
