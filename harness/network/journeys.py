"""A journey becomes a score: which change to the path happens when. The same seed, the same score.

What each event is made of stands in `recipes`, how long an outage silences TCP in `silence`.
"""

import math
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import msgspec

from harness import clock
from harness.network.patches import Patch
from harness.network.profiles import LinkProfile
from harness.network.recipes import cut, end_cut, seal, switch_link, unseal, unseal_into_a_cut
from harness.network.silence import Silence, Visit, silences
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
    quiet = silences(visits, network.tcp_rto)
    ranked = [
        *_link_changes(visits, links),
        *_outages(quiet, duration_s),
        *_cuts(visits, quiet),
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
# old link. A cut or refusal comes before the end of the outage that it ends, or the backlog would arrive
# first. What begins does so after the ends, which would undo it.
_LINK, _CUT, _END, _BEGIN = 0, 1, 2, 3
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
            params = {"link": link, "profile": links[link].id, **msgspec.to_builtins(links[link].applied)}
            patches = switch_link(current, link, links)
            changes.append((_LINK, _operation(visit.begin_s, "link", patches, params)))
        current = link
    return changes


def _outages(quiet: list[Silence], duration_s: float) -> list[Ranked]:
    """A sealed outage is lifted at the end of its phase at the latest; a blackhole never is."""
    operations: list[Ranked] = []
    for silence in quiet:
        until = min(silence.until_s, duration_s)
        params: dict[str, Any] = {"kind": "blackhole", "assumed": silence.assumed}
        if not silence.for_ever:
            params["kind"] = "sealed"
            params["outage_s"] = round(min(silence.radio_s, duration_s) - silence.begin_s, 6)
            params["hold_s"] = round(until - silence.begin_s, 6)
        operations.append((_BEGIN, _operation(silence.begin_s, "outage_begin", seal(), params)))
        if not silence.for_ever:
            by_cut = silence.ended_by is not None and silence.ended_by.step.cut is not None
            patches = [] if by_cut else unseal()  # see _cuts
            params = {**params, "clipped": silence.until_s > duration_s}
            operations.append((_END, _operation(until, "outage_end", patches, params)))
    return operations


def _cuts(visits: list[Visit], quiet: list[Silence]) -> list[Ranked]:
    """A cut that ends a silence opens the path as well, so that what was held back runs into it."""
    ending = [silence.ended_by for silence in quiet]
    operations: list[Ranked] = []
    for visit in visits:
        how = visit.step.cut
        if how is None:
            continue
        patches = [cut(how), *(unseal_into_a_cut() if visit in ending else [])]
        operations.append((_CUT, _operation(visit.begin_s, "cut", patches, {"how": how})))
        operations.append((_END, _operation(visit.end_s, "cut_end", [end_cut(how)], {"how": how})))
    return operations


def _refusals(visits: list[Visit], duration_s: float) -> list[Ranked]:
    """A proxy that refuses new connections closes the open ones too; there is no half of it."""
    operations: list[Ranked] = []
    for visit in visits:
        if not visit.step.refuse:
            continue
        end = min(visit.end_s, duration_s)
        params = {"for_s": round(end - visit.begin_s, 6), "assumed": visit.step.assumed}
        operations.append((_CUT, _operation(visit.begin_s, "refuse_begin", [Patch(enabled=False)], params)))
        operations.append((_END, _operation(end, "refuse_end", [Patch(enabled=True)], params)))
    return operations
