"""A planned fault must reach the user as what it was."""

from typing import NamedTuple

import numpy as np

from harness.checks.view import PhaseView, count, listed, of
from harness.metrics.faults import fault_id
from harness.metrics.outcomes import counts
from harness.metrics.samples import Bools
from harness.summary import CheckResult

PROMISE = "Every planned fault ends the streams that it hits in the declared way, and in no other."

# Endings that are the user's own or the run's say nothing about the system.
_NOT_JUDGED = ("cancelled", "abandoned", "interrupted", "not_started")

# Provider fault -> honest endings behind a system that turns it into an error event, and behind a
# transparent proxy, which passes on what it sees (and may turn a reset into a close).
# `refused` is an error status: before the first token a system can still say it that way.
_SAID = {"error_event", "refused"}
_SEEN = {"error_event", "refused", "truncated", "reset"}
_AS_ERROR: dict[str, set[str]] = {
    **dict.fromkeys(("s1", "s2", "s3", "s4", "s5", "s9", "c1", "c2", "c3", "h1"), _SAID),
    "h2": {"rate_limited"},
}
_AS_IS: dict[str, set[str]] = {
    "s1": {*_SAID, "truncated"},
    **dict.fromkeys(("s2", "s3", "s4"), _SEEN),
    "s5": _SAID,
    "s9": {*_SAID, "truncated", "corrupt"},
    "c1": {*_SAID, "reset"},
    "c2": {*_SAID, "timed_out", "stalled"},
    "c3": {*_SEEN, "timed_out", "stalled"},
    "h1": _SAID,
    "h2": {"rate_limited"},
}
_STALL_DIES = {*_SAID, "stalled", "truncated", "timed_out"}


class Hit(NamedTuple):
    """Of one attempt, what says which endings are honest; columns of the table of attempts."""

    hit_cut: str
    hit_refuse: bool
    hit_quota: bool
    hit_provider: str
    headers: float
    up_n: int
    up_last_fault: str
    up_status: float
    up_ended_by: str
    up_injected_us: float


def check(view: PhaseView) -> list[CheckResult]:
    """Attempts hit by several faults may end in the way of any of them.

    A system that asks its provider again and delivers the second answer whole has absorbed the fault.
    """
    attempts = view.joined.attempts
    hit = attempts["hit_provider"].ne("") | attempts["hit_cut"].ne("") | attempts["hit_refuse"]
    judged = view.mine & hit.to_numpy(dtype=bool) & ~view.joined.is_outcome(*_NOT_JUDGED)
    columns = [attempts[name].tolist() for name in Hit._fields]
    outcomes = attempts["outcome"].tolist()
    right = np.zeros(len(judged), dtype=bool)
    unknown = np.zeros(len(judged), dtype=bool)
    for row in np.flatnonzero(judged):
        endings = _endings(view, Hit(*(column[row] for column in columns)))
        unknown[row] = not endings
        right[row] = outcomes[row] in endings
    judged &= ~unknown
    if not judged.any():
        return []
    wrong = judged & ~right
    return [
        CheckResult(
            id="reports_every_fault",
            phase=view.phase.name,
            state="FAIL" if wrong.any() else "PASS",
            promise=PROMISE,
            evidence=_evidence(view, judged, wrong),
            value=count(wrong),
            limit=0,
            unit="streams",
            fix="Map every way in which the upstream can end to an explicit ending for the user, or declare "
            "target.expect.provider_fault: as_is for a transparent proxy."
            if wrong.any()
            else "",
            streams=view.shown(wrong),
        )
    ]


def _evidence(view: PhaseView, judged: Bools, wrong: Bools) -> str:
    joined = view.joined
    text = f"{of(count(judged & ~wrong), count(judged))} that a fault hit ended as declared"
    text += f" ({listed(counts(joined, judged & ~wrong))})" if (judged & ~wrong).any() else ""
    return text + (f"; not so: {listed(counts(joined, wrong))}." if wrong.any() else ".")


def _endings(view: PhaseView, hit: Hit) -> set[str]:
    """Outcomes that are honest for one attempt; empty where none of its faults has a rule here."""
    endings: set[str] = set()
    if hit.hit_cut:
        endings |= _of_cut(hit.hit_cut, unanswered=bool(np.isnan(hit.headers)))
    if hit.hit_refuse:
        endings |= {"refused", "reset", "truncated"}
    if hit.hit_quota:
        endings |= {"rate_limited"}
    if hit.hit_provider:
        endings |= _of_provider(view, hit)
    return endings


def _of_cut(how: str, unanswered: bool) -> set[str]:
    if unanswered:
        # Before the response's head an HTTP client cannot tell a close from a reset in words of its own.
        return {"reset", "truncated", "refused"}
    return {"reset"} if how == "rst" else {"truncated"}


def _of_provider(view: PhaseView, hit: Hit) -> set[str]:
    fault = fault_id(hit.hit_provider)
    if not hit.up_last_fault and hit.up_n > 1:
        return {"completed"}
    if fault == "h1" and hit.up_status == 429:
        return {"rate_limited"}
    if fault == "s6":
        return _of_stall(view, hit)
    return (_AS_IS if view.expect.provider_fault == "as_is" else _AS_ERROR).get(fault, set())


def _of_stall(view: PhaseView, hit: Hit) -> set[str]:
    """A stall that ends must be survived, unless it outlasts a declared limit on the way."""
    plan = view.joined.run.plan
    broken = _STALL_DIES | ({"reset"} if view.expect.provider_fault == "as_is" else set())
    if hit.up_ended_by == "fault":
        return broken
    idle_s = min(plan.target.limits.idle_s, plan.stack.gateway.idle_s)
    return broken | {"completed"} if hit.up_injected_us / 1e6 >= idle_s else {"completed"}
