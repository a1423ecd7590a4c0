"""A journey becomes a score: which change to the path happens when. The same seed, the same score.

The recipes keep what they imitate apart. A sealed outage loses nothing and lets no end through; a reset
needs a path armed before its connections opened (see `chain`); a FIN in mid-answer is a byte limit lowered
under what has already passed, so that the next data closes and the end is clean.
"""

import math
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import msgspec

from harness import clock
from harness.network.chain import (
    CUT_DOWN,
    GATE_DOWN,
    GATE_UP,
    HOLD_DOWN,
    HOLD_UP,
    LATENCY_DOWN,
    LATENCY_UP,
    NEVER,
    RST_DOWN,
    bandwidth_name,
)
from harness.network.patches import Patch
from harness.network.profiles import LinkProfile
from harness.network.rto import silence_s
from harness.plan.draws import Rng, generator, sample
from harness.plan.network import Cohort, Network, Step
from harness.plan.reader import PlanError

# A cut stays armed this long, so that a stream between two tokens is hit as well. It ends more than
# 200 ms after nearly every kill that it causes; a change sooner than that can jam the proxy.
CUT_S = 0.5
SHORTEST_LAP_S = 1.0


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One change to a cohort's path, at `offset_ns` from the start of its phase."""

    offset_ns: int
    what: str  # link, outage_begin, outage_end, cut, cut_end, refuse_begin, refuse_end
    patches: tuple[Patch, ...]
    params: dict[str, Any] = {}


class Visit(msgspec.Struct, frozen=True):
    """A step with its drawn instants, in seconds of the phase. `end_s` may be infinite."""

    step: Step
    begin_s: float
    end_s: float


def compile_journey(
    network: Network, cohort: Cohort, duration_s: float, seed: int, profiles: Mapping[str, LinkProfile]
) -> list[Operation]:
    """The operations of `cohort` in a phase of `duration_s`, ascending. Raises PlanError.

    The phase does not enter the draws: a cohort meets the same faults in every phase that has it, so
    phases can be compared.
    """
    steps = network.journeys[cohort.journey]
    links = resolve_links(network, profiles)
    rng = generator(seed, "journey", cohort.journey, cohort.name)
    visits = draw_visits(steps, cohort, duration_s, rng)
    ranked = [
        *_link_changes(visits, links),
        *_outages(visits, duration_s, network.tcp_rto),
        *_cuts(visits),
        *_refusals(visits, duration_s),
    ]
    return [operation for _, operation in sorted(ranked, key=lambda pair: (pair[1].offset_ns, pair[0]))]


def resolve_links(network: Network, profiles: Mapping[str, LinkProfile]) -> dict[str, LinkProfile]:
    """The profile behind each link of a plan. Raises PlanError for a name that no file has."""
    for link, profile in network.links.items():
        if profile not in profiles:
            near = get_close_matches(profile, profiles, 1)
            hint = f"did you mean {near[0]}?" if near else "`streamproof networks` lists the known ones"
            raise PlanError(f"network.links.{link}: there is no profile {profile}; {hint}")
        if profiles[profile].loss_percent >= 100:
            raise PlanError(f"network.links.{link}: {profile} lets nothing pass; write an outage instead")
    links = {link: profiles[profile] for link, profile in network.links.items()}
    for name, steps in network.journeys.items():
        _check_slow_links(name, steps, links)
    return links


def _check_slow_links(name: str, steps: list[Step], links: Mapping[str, LinkProfile]) -> None:
    """A change waits for the chunk in service, up to 32 KB: at 1 KB/s longer than the server waits."""
    if all(step.outage is None for step in steps):
        return
    for step in steps:
        rate = links[step.link].applied.rate_down if step.link is not None else None
        if rate is not None and rate < 2:
            raise PlanError(f"journey {name}: link {step.link} is below 2 KB/s, too slow for outages")


def draw_visits(steps: list[Step], cohort: Cohort, duration_s: float, rng: Rng) -> list[Visit]:
    """Every step that begins within the phase, once or in laps. Raises PlanError."""
    if cohort.repeat and steps[-1].for_s is None and steps[-1].cut is None:
        raise PlanError(
            f"cohort {cohort.name} repeats the journey {cohort.journey}, whose last step never ends; "
            "give that step for_s"
        )
    visits: list[Visit] = []
    at = cohort.offset_s
    while at < duration_s:
        lap = at
        for step in steps:
            if at >= duration_s:
                return visits
            end = at + _length(step, rng)
            visits.append(Visit(step, at, end))
            at = end
        if not cohort.repeat:
            break
        at = max(at, lap + SHORTEST_LAP_S)  # drawn lengths may all be 0
    return visits


def _length(step: Step, rng: Rng) -> float:
    if step.cut is not None:
        return CUT_S
    return math.inf if step.for_s is None else sample(step.for_s, rng)


# Operations of one instant. Links change while the path is still held, or the backlog would leave over the
# old link; what begins does so after the ends, which would undo it.
_LINK, _END, _BEGIN = 0, 1, 2
Ranked = tuple[int, Operation]


def _operation(at_s: float, what: str, patches: list[Patch], params: dict[str, Any]) -> Operation:
    return Operation(offset_ns=round(at_s * clock.SECOND), what=what, patches=tuple(patches), params=params)


def _link_changes(visits: list[Visit], links: Mapping[str, LinkProfile]) -> list[Ranked]:
    changes: list[Ranked] = []
    current: str | None = None
    for visit in visits:
        link = visit.step.link
        if link is None:
            continue
        if current is not None and link != current:
            changes.append((_LINK, _link_change(visit.begin_s, current, link, links)))
        current = link
    return changes


def _link_change(at_s: float, old: str, new: str, links: Mapping[str, LinkProfile]) -> Operation:
    """The new limit comes before the old one goes, so that there is no instant without a limit."""
    applied = links[new].applied
    patches = [
        Patch(toxic=bandwidth_name(link, "downstream"), toxicity=toxicity)
        for link, toxicity in ((new, 1), (old, 0))
        if links[link].applied.rate_down is not None
    ]
    patches.append(Patch(toxic=LATENCY_DOWN, attributes=applied.down))
    patches.append(Patch(toxic=LATENCY_UP, attributes=applied.up))
    params = {"link": new, "profile": links[new].id, **msgspec.to_builtins(applied)}
    return _operation(at_s, "link", patches, params)


def _outages(visits: list[Visit], duration_s: float, tcp_rto: bool) -> list[Ranked]:
    operations: list[Ranked] = []
    covered_until = -1.0
    for index, visit in enumerate(visits):
        if visit.step.outage is None or visit.begin_s < covered_until:
            continue
        radio_s, until = _silence(visits, index, tcp_rto)
        covered_until = until
        params = {
            "kind": visit.step.outage,
            "outage_s": _finite(min(radio_s, duration_s - visit.begin_s)),
            "hold_s": _finite(min(until, duration_s) - visit.begin_s),
            "assumed": visit.step.assumed,
        }
        operations.append((_BEGIN, _operation(visit.begin_s, "outage_begin", _seal(), params)))
        ending = {**params, "clipped": until > duration_s}
        operations.append((_END, _operation(min(until, duration_s), "outage_end", _unseal(), ending)))
    return operations


def _silence(visits: list[Visit], index: int, tcp_rto: bool) -> tuple[float, float]:
    """(how long the radio is away, when bytes flow again) for the outage at `index`.

    An outage that begins before TCP has recovered from the one before goes on with the same ladder: the
    retransmission that would have got through is lost as well. A cut or a refusal ends the silence, because
    a held path would delay the cut.
    """
    begin, end = visits[index].begin_s, visits[index].end_s
    for later in visits[index + 1 :]:
        if later.begin_s >= _recovery(begin, end, tcp_rto):
            break
        if later.step.outage is not None:
            end = later.end_s
        elif later.step.cut is not None or later.step.refuse:
            return end - begin, later.begin_s
    return end - begin, _recovery(begin, end, tcp_rto)


def _recovery(begin: float, end: float, tcp_rto: bool) -> float:
    return begin + silence_s(end - begin) if tcp_rto and end < math.inf else end


def _finite(value: float) -> float:
    return round(value, 6)


def _seal() -> list[Patch]:
    """Gates first: an end that slips through before the hold would tell a side what it must not know."""
    return [Patch(toxic=name, toxicity=1) for name in (GATE_UP, GATE_DOWN, HOLD_UP, HOLD_DOWN)]


def _unseal() -> list[Patch]:
    return [Patch(toxic=name, toxicity=0) for name in (HOLD_DOWN, HOLD_UP, GATE_DOWN, GATE_UP)]


def _cuts(visits: list[Visit]) -> list[Ranked]:
    operations: list[Ranked] = []
    for visit in visits:
        how = visit.step.cut
        if how is None:
            continue
        if how == "rst":
            fire, disarm = Patch(toxic=RST_DOWN, toxicity=1), Patch(toxic=RST_DOWN, toxicity=0)
        else:
            fire = Patch(toxic=CUT_DOWN, attributes={"bytes": 0})
            disarm = Patch(toxic=CUT_DOWN, attributes={"bytes": NEVER})
        operations.append((_BEGIN, _operation(visit.begin_s, "cut", [fire], {"how": how})))
        operations.append((_END, _operation(visit.end_s, "cut_end", [disarm], {"how": how})))
    return operations


def _refusals(visits: list[Visit], duration_s: float) -> list[Ranked]:
    """A proxy that refuses new connections closes the open ones too; there is no half of it."""
    operations: list[Ranked] = []
    for visit in visits:
        if not visit.step.refuse:
            continue
        end = min(visit.end_s, duration_s)
        params = {"for_s": _finite(end - visit.begin_s)}
        operations.append((_BEGIN, _operation(visit.begin_s, "refuse_begin", [Patch(enabled=False)], params)))
        operations.append((_END, _operation(end, "refuse_end", [Patch(enabled=True)], params)))
    return operations
