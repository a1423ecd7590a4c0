"""Journeys through mobile networks, as schedules of link conditions."""

import re
from typing import Literal

import msgspec

from harness.plan.draws import Draw

_LINK = re.compile(r"[A-Za-z0-9_.-]{1,40}")


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of a journey: exactly one of `link`, `outage`, `cut`, `refuse`.

    `link` and `outage` last for `for_s`; without it, to the end. `cut` happens at once: `rst` resets the
    user's open connections, `fin` closes them cleanly in mid-answer. `refuse` turns new ones away.
    """

    link: str | None = None
    outage: Literal["sealed"] | None = None
    cut: Literal["rst", "fin"] | None = None
    refuse: bool = False
    for_s: Draw | None = None
    assumed: bool = False  # no public measurement stands behind the length

    def __post_init__(self) -> None:
        if sum((self.link is not None, self.outage is not None, self.cut is not None, self.refuse)) != 1:
            raise ValueError("a step is exactly one of link, outage, cut, refuse")
        if self.cut is not None and self.for_s is not None:
            raise ValueError("a cut has no length")


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
            if not steps or steps[0].link is None:
                raise ValueError(f"journey {name} must begin with a link")
            for step in steps:
                if step.link is not None and step.link not in self.links:
                    raise ValueError(f"journey {name} uses link {step.link}, which links does not name")
            for step in steps[:-1]:
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

    def __post_init__(self) -> None:
        if self.share <= 0 or self.offset_s < 0:
            raise ValueError("share must be positive, offset_s must not be negative")
