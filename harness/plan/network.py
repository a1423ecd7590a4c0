"""Journeys through mobile networks, as schedules of link conditions."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from harness.plan.draws import Draw

MOST_COPIES = 500  # proxies; beyond, their changes cost more than the load they carry
_LINK = re.compile(r"[A-Za-z0-9_.-]{1,40}")


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of a journey: exactly one of `link`, `outage`, `cut`, `refuse`.

    `link` and `outage` last for `for_s`; without it, to the end of the phase. A `sealed` outage lets nothing
    pass and loses nothing; a `blackhole` is one that never ends, not even with its phase. `cut` happens at
    once: `rst` resets the user's open connections, `fin` closes them cleanly in mid-answer; what an outage
    still held back is then lost. `refuse` closes what is open and turns new connections away.
    """

    link: str | None = None
    outage: Literal["sealed", "blackhole"] | None = None
    cut: Literal["rst", "fin"] | None = None
    refuse: bool = False
    for_s: Draw | None = None
    tcp_rto: bool | None = None  # of an outage; default: the network's
    assumed: bool = False  # no public measurement stands behind the length

    def __post_init__(self) -> None:
        if sum((self.link is not None, self.outage is not None, self.cut is not None, self.refuse)) != 1:
            raise ValueError("a step is exactly one of link, outage, cut, refuse")
        if self.cut is not None and self.for_s is not None:
            raise ValueError("a cut has no length")
        if self.outage == "blackhole" and self.for_s is not None:
            raise ValueError("a blackhole never ends, so it has no for_s; an outage that ends is sealed")
        if self.outage != "sealed" and self.tcp_rto is not None:
            raise ValueError("tcp_rto belongs to a sealed outage")


class NamedJourney(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A journey that every plan may use by its name: one file of scenarios/networks/journeys/."""

    description: str
    links: dict[str, str]
    steps: list[Step]

    def __post_init__(self) -> None:
        _check_journey("of this file", self.steps, self.links)


class Network(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Links by name of a profile in scenarios/networks/, and journeys made of them."""

    links: dict[str, str] = {}
    journeys: dict[str, list[Step]] = {}
    tcp_rto: bool = True  # TCP resumes at its next retransmission, not when the radio is back

    def __post_init__(self) -> None:
        for link in self.links:
            if not _LINK.fullmatch(link):
                raise ValueError(f"link {link}: a name is 1 to 40 letters, digits, dots, dashes or _")
        for name, steps in self.journeys.items():
            _check_journey(name, steps, self.links)


def _check_journey(name: str, steps: list[Step], links: Mapping[str, str]) -> None:
    if not steps or steps[0].link is None:
        raise ValueError(f"journey {name} must begin with a link")
    for step in steps:
        if step.link is not None and step.link not in links:
            raise ValueError(f"journey {name} uses link {step.link}, which links does not name")
    for step in steps[:-1]:
        if step.outage == "blackhole":
            raise ValueError(f"journey {name}: nothing comes after a blackhole")
        if step.cut is None and step.for_s is None:
            raise ValueError(f"journey {name}: only the last step may leave out for_s")
    if {step.cut for step in steps} >= {"rst", "fin"}:
        # A path armed for resets turns every close into one, so its FIN would be a reset.
        raise ValueError(f"journey {name} cuts by rst and by fin; make two journeys of it")


class Cohort(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Users who share one journey and so one proxy."""

    name: str
    journey: str
    share: float = 1.0  # weight among the phase's cohorts
    offset_s: float = 0.0  # the journey begins this much after the phase
    repeat: bool = False
    copies: int = 1  # cohorts like this one, each with draws and a proxy of its own
    spread_s: float = 0.0  # the copies begin one after the other over this time

    def __post_init__(self) -> None:
        if self.share <= 0 or self.offset_s < 0:
            raise ValueError("share must be positive, offset_s must not be negative")
        if not 1 <= self.copies <= MOST_COPIES or self.spread_s < 0:
            raise ValueError(f"copies is from 1 to {MOST_COPIES}, spread_s must not be negative")

    def each(self) -> list["Cohort"]:
        """The copies, as cohorts of their own: train becomes train-1, train-2, …"""
        if self.copies == 1:
            return [self]
        return [
            msgspec.structs.replace(
                self,
                name=f"{self.name}-{number + 1}",
                share=self.share / self.copies,
                offset_s=self.offset_s + self.spread_s * number / self.copies,
                copies=1,
                spread_s=0.0,
            )
            for number in range(self.copies)
        ]


def with_named_journeys(data: dict[str, Any], find: Callable[[str], NamedJourney | None]) -> dict[str, Any]:
    """A plan's YAML data, with the journeys that its cohorts name but do not define filled in by `find`.

    The plan's own journeys and links win, so that a plan can take the elevator on another LTE. Data of a
    wrong shape is handed back as it is; the plan's types complain about it.
    """
    network = data.get("network") or {}
    phases = data.get("phases")
    if not isinstance(network, dict) or not isinstance(phases, list):
        return data
    own = network.get("journeys") or {}
    if not isinstance(own, dict) or not isinstance(network.get("links") or {}, dict):
        return data
    filled: dict[str, Any] = {"links": {}, "journeys": {}}
    for name in _journeys_named(phases):
        journey = find(name) if name not in own else None
        if journey is not None:
            filled["links"].update(journey.links)
            filled["journeys"][name] = msgspec.to_builtins(journey.steps)
    if not filled["journeys"]:
        return data
    merged = {key: {**filled[key], **(network.get(key) or {})} for key in filled}
    return {**data, "network": {**network, **merged}}


def _journeys_named(phases: list[Any]) -> list[str]:
    networks = [phase.get("network") for phase in phases if isinstance(phase, dict)]
    cohorts = [cohort for network in networks if isinstance(network, list) for cohort in network]
    names = [cohort.get("journey") for cohort in cohorts if isinstance(cohort, dict)]
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))
