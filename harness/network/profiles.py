"""What "3G" or "LTE" stands for: published numbers, who published them and when, and what of them we apply.

The names mean nothing by themselves: 3G is 400 to 1600 kbps and 40 to 400 ms, depending on whom one asks.
So an id carries its source (`bs/4g-lte-good`), and a report prints the numbers. A file of
`scenarios/networks/` holds one source.
"""

import math
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from harness.plan.reader import PlanError, load_as

FOLDER = Path(__file__).parents[2] / "scenarios" / "networks"

Pair = float | tuple[float, float]  # one value for both directions, or [down, up]


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A profile as its file states it, in the source's own units."""

    kbps: float | None = None  # the source gives one rate; it stands for both directions
    down_kbps: float | None = None
    up_kbps: float | None = None
    delay_ms: Pair | None = None
    delay_range_ms: tuple[float, float] | None = None  # from, to
    jitter_ms: Pair = 0.0
    loss_percent: float = 0.0
    loss_stream: Literal["both", "down"] = "both"
    note: str = ""

    def __post_init__(self) -> None:
        if (self.delay_ms is None) == (self.delay_range_ms is None):
            raise ValueError("a profile needs exactly one of delay_ms and delay_range_ms")
        if self.kbps is not None and (self.down_kbps is not None or self.up_kbps is not None):
            raise ValueError("a profile has either kbps or down_kbps and up_kbps")
        if any(rate is not None and rate <= 0 for rate in (self.kbps, self.down_kbps, self.up_kbps)):
            raise ValueError("a rate must be positive; leave it out for an open link")


class ProfileSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Profiles of one source and date."""

    date: str
    delay: Literal["rtt", "one_way"]
    kilo: int = 1000  # bits in the source's kbit
    verified: bool = True  # read in the source itself, not in somebody's copy
    note: str = ""
    profiles: dict[str, Entry]


class SourceFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of `scenarios/networks/`."""

    source: str
    published: bool = True  # false: our own assumption
    sets: dict[str, ProfileSet]


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What a proxy is told: whole KB/s (1000 B; None: no limit) and whole ms in each direction."""

    rate_down: int | None
    rate_up: int | None
    latency_down: int
    latency_up: int
    jitter_down: int
    jitter_up: int

    @property
    def down(self) -> dict[str, int]:
        return {"latency": self.latency_down, "jitter": self.jitter_down}

    @property
    def up(self) -> dict[str, int]:
        return {"latency": self.latency_up, "jitter": self.jitter_up}


class LinkProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A link by the numbers of its source, and what a proxy can reproduce of it."""

    id: str
    source: str
    date: str
    published: bool
    verified: bool
    down_kbps: float | None
    up_kbps: float | None
    delay: Literal["rtt", "one_way"]
    delay_ms: tuple[float, float]  # down, up; of a round trip both hold the whole of it
    jitter_ms: tuple[float, float]
    loss_percent: float
    note: str
    applied: Applied

    @property
    def not_applied(self) -> list[str]:
        """What the source states and a TCP proxy cannot do, in words."""
        left_out = ["connection set-up delay"]
        if self.loss_percent:
            left_out.append(f"loss {self.loss_percent:g} %")
        return left_out

    def describe(self) -> str:
        """One line for people: the numbers, the source and its date."""
        rates = "/".join("open" if rate is None else f"{rate:g}" for rate in (self.down_kbps, self.up_kbps))
        delays = sorted(set(self.delay_ms))
        text = f"{rates} kbps, {'/'.join(f'{ms:g}' for ms in delays)} ms {self.delay.replace('_', '-')}"
        if any(self.jitter_ms):
            text += f" ±{'/'.join(f'{ms:g}' for ms in sorted(set(self.jitter_ms)))}"
        if self.loss_percent:
            text += f", {self.loss_percent:g} % loss (not applied)"
        return f"{text}; {self.source}, {self.date}"


def load_profiles(folder: Path = FOLDER) -> dict[str, LinkProfile]:
    """Every profile in `folder` by its id, e.g. `bs/4g-lte-good`. Raises PlanError for a bad file."""
    return dict(_load(folder))


@cache
def _load(folder: Path) -> dict[str, LinkProfile]:
    found: dict[str, LinkProfile] = {}
    for path in sorted(folder.glob("*.yaml")):
        file = load_as(path, SourceFile)
        for prefix, group in file.sets.items():
            for name, entry in group.profiles.items():
                profile_id = f"{prefix}/{name}"
                if profile_id in found:
                    raise PlanError(f"{path}: the profile {profile_id} is already in another file")
                found[profile_id] = _profile(profile_id, file, group, entry)
    return found


def _profile(profile_id: str, file: SourceFile, group: ProfileSet, entry: Entry) -> LinkProfile:
    delay, jitter = _delay_and_jitter(entry)
    down = entry.kbps if entry.kbps is not None else entry.down_kbps
    up = entry.kbps if entry.kbps is not None else entry.up_kbps
    return LinkProfile(
        id=profile_id,
        source=file.source,
        date=group.date,
        published=file.published,
        verified=group.verified,
        down_kbps=down,
        up_kbps=up,
        delay=group.delay,
        delay_ms=delay,
        jitter_ms=jitter,
        loss_percent=entry.loss_percent,
        note=" ".join(text for text in (group.note, entry.note) if text),
        applied=_apply(group, down, up, delay, jitter, isinstance(entry.jitter_ms, tuple)),
    )


def _delay_and_jitter(entry: Entry) -> tuple[tuple[float, float], tuple[float, float]]:
    if entry.delay_range_ms is not None:
        low, high = entry.delay_range_ms
        return _pair((low + high) / 2), _pair((high - low) / 2)
    assert entry.delay_ms is not None
    return _pair(entry.delay_ms), _pair(entry.jitter_ms)


def _pair(value: Pair) -> tuple[float, float]:
    return value if isinstance(value, tuple) else (value, value)


def _apply(
    group: ProfileSet,
    down_kbps: float | None,
    up_kbps: float | None,
    delay: tuple[float, float],
    jitter: tuple[float, float],
    jitter_by_direction: bool,
) -> Applied:
    """A round trip is halved, its odd millisecond goes down; jitter with it unless stated by direction."""
    if group.delay == "rtt":
        latency = (math.ceil(delay[0] / 2), math.floor(delay[1] / 2))
        spread = jitter if jitter_by_direction else (jitter[0] / 2, jitter[1] / 2)
    else:
        latency, spread = (round(delay[0]), round(delay[1])), jitter
    return Applied(
        rate_down=_rate(down_kbps, group.kilo),
        rate_up=_rate(up_kbps, group.kilo),
        latency_down=latency[0],
        latency_up=latency[1],
        jitter_down=min(round(spread[0]), latency[0]),  # a negative delay would act as none
        jitter_up=min(round(spread[1]), latency[1]),
    )


def _rate(kbps: float | None, kilo: int) -> int | None:
    """Whole KB/s, at least 1: 35 kbps becomes 4 KB/s, which a report shows."""
    return None if kbps is None else max(1, round(kbps * kilo / 8000))
