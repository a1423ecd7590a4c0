"""Where a probe asks: at each hop that the target file names, and at the target itself. Pure.

Hops are ordered from the system outwards, the target's own url is the outermost. The first at which a promise
is broken is the one that breaks it; those behind it pass the damage on.
"""

from collections.abc import Sequence

from harness.checks.audit.check import Heard, Terms

TARGET = "the target"


def places(terms: Terms) -> tuple[str, ...]:
    """As a question's `hop` wants them; the target's url is the empty one."""
    return (*terms.hops, "")


def called(hop: str) -> str:
    return hop or TARGET


def by_place(heard: Sequence[Heard], terms: Terms) -> dict[str, list[Heard]]:
    """What was heard at each place, in order of the way; places that were not asked are left out."""
    found = {hop: [one for one in heard if one.question.hop == hop] for hop in places(terms)}
    return {called(hop): ones for hop, ones in found.items() if ones}


def server(heard: Heard) -> str:
    """Whose answer it says it is, e.g. `nginx`; empty where it does not say."""
    return heard.headers.get("server", "").partition("/")[0].lower()
