"""The changes that make each event of a journey, in the order in which the real server survives them."""

from collections.abc import Mapping

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


def switch_link(old: str, new: str, links: Mapping[str, LinkProfile]) -> list[Patch]:
    """The new limit comes before the old one goes, so that there is no instant without a limit."""
    limits = [
        Patch(toxic=bandwidth_name(link, "downstream"), toxicity=toxicity)
        for link, toxicity in ((new, 1), (old, 0))
        if links[link].applied.rate_down is not None
    ]
    applied = links[new].applied
    return [
        *limits,
        Patch(toxic=LATENCY_DOWN, attributes=applied.down),
        Patch(toxic=LATENCY_UP, attributes=applied.up),
    ]


def seal() -> list[Patch]:
    """Gates first: an end that slips through before the hold would tell a side what it must not know."""
    return [Patch(toxic=name, toxicity=1) for name in (GATE_UP, GATE_DOWN, HOLD_UP, HOLD_DOWN)]


def unseal() -> list[Patch]:
    """The backlog leaves in one burst, then the ends that were kept back."""
    return [Patch(toxic=name, toxicity=0) for name in (HOLD_DOWN, HOLD_UP, GATE_DOWN, GATE_UP)]


def unseal_into_a_cut() -> list[Patch]:
    """The hold goes last: what it lets out runs into the cut, and a change after a kill can jam the proxy."""
    return [Patch(toxic=name, toxicity=0) for name in (GATE_DOWN, GATE_UP, HOLD_UP, HOLD_DOWN)]


def cut(how: str) -> Patch:
    """Every open connection ends at its next data: `rst` by a reset, `fin` by a clean end.

    The reset needs a path armed from the start; the clean end is a byte limit lowered under what has passed.
    """
    if how == "rst":
        return Patch(toxic=RST_DOWN, toxicity=1)
    return Patch(toxic=CUT_DOWN, attributes={"bytes": 0})


def end_cut(how: str) -> Patch:
    """New connections live again."""
    if how == "rst":
        return Patch(toxic=RST_DOWN, toxicity=0)
    return Patch(toxic=CUT_DOWN, attributes={"bytes": NEVER})
