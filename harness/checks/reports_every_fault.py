"""A planned fault must reach the user as what it was."""

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
_AS_ERROR: dict[str, set[str]] = {
    "s1": {"error_event"},
    "s2": {"error_event"},
    "s3": {"error_event"},
    "s4": {"error_event"},
    "s5": {"error_event"},
    "s9": {"error_event", "refused"},
    "c1": {"error_event", "refused"},
    "c2": {"error_event", "refused"},
    "c3": {"error_event", "refused"},
    "h1": {"error_event", "refused"},
    "h2": {"rate_limited"},
}
_CUT = {"error_event", "truncated", "reset"}
_AS_IS: dict[str, set[str]] = {
    "s1": {"error_event", "truncated"},
    "s2": _CUT,
    "s3": _CUT,
    "s4": _CUT,
    "s5": {"error_event"},
    "s9": {"error_event", "refused", "truncated", "corrupt"},
    "c1": {"error_event", "refused", "reset"},
    "c2": {"error_event", "refused", "timed_out", "stalled"},
    "c3": {"error_event", "refused", "timed_out", "stalled", *_CUT},
    "h1": {"error_event", "refused"},
    "h2": {"rate_limited"},
}
_STALL_DIES = {"error_event", "stalled", "truncated", "timed_out"}


def check(view: PhaseView) -> list[CheckResult]:
    """Attempts hit by several faults may end in the way of any of them.

    A system that asks its provider again and delivers the second answer whole has absorbed the fault.
    """
    attempts = view.joined.attempts
    hit = attempts["hit_provider"].ne("") | attempts["hit_cut"].ne("") | attempts["hit_refuse"]
    judged = view.mine & hit.to_numpy(dtype=bool) & ~view.joined.is_outcome(*_NOT_JUDGED)
    right = np.zeros(len(judged), dtype=bool)
    unknown = np.zeros(len(judged), dtype=bool)
    for row in np.flatnonzero(judged):
        endings = _endings(view, int(row))
        unknown[row] = not endings
        right[row] = attempts["outcome"].iloc[row] in endings
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


def _endings(view: PhaseView, row: int) -> set[str]:
    """Outcomes that are honest for one attempt; empty where none of its faults has a rule here."""
    attempt = view.joined.attempts.iloc[row]
    endings: set[str] = set()
    if attempt["hit_cut"]:
        endings |= _of_cut(str(attempt["hit_cut"]), unanswered=bool(np.isnan(attempt["headers"])))
    if attempt["hit_refuse"]:
        endings |= {"refused", "reset", "truncated"}
    if attempt["hit_quota"]:
        endings |= {"rate_limited"}
    if attempt["hit_provider"]:
        endings |= _of_provider(view, row)
    return endings


def _of_cut(how: str, unanswered: bool) -> set[str]:
    if unanswered:
        # Before the response's head an HTTP client cannot tell a close from a reset in words of its own.
        return {"reset", "truncated", "refused"}
    return {"reset"} if how == "rst" else {"truncated"}


def _of_provider(view: PhaseView, row: int) -> set[str]:
    attempt = view.joined.attempts.iloc[row]
    fault = fault_id(str(attempt["hit_provider"]))
    if not attempt["up_last_fault"] and attempt["up_n"] > 1:
        return {"completed"}
    as_is = view.expect.provider_fault == "as_is"
    if fault == "h1" and attempt["up_status"] == 429:
        return {"rate_limited"}
    if fault == "s6":
        return _of_stall(view, row)
    return (_AS_IS if as_is else _AS_ERROR).get(fault, set())


def _of_stall(view: PhaseView, row: int) -> set[str]:
    """A stall that ends must be survived, unless it outlasts a declared limit on the way."""
    attempt = view.joined.attempts.iloc[row]
    plan = view.joined.run.plan
    as_is = {"reset"} if view.expect.provider_fault == "as_is" else set()
    if attempt["up_ended_by"] == "fault":
        return _STALL_DIES | as_is
    idle_s = min(plan.target.limits.idle_s, plan.stack.gateway.idle_s)
    outlasts = attempt["up_injected_us"] / 1e6 >= idle_s or attempt["up_ended_by"] == "peer"
    return _STALL_DIES | as_is | {"completed"} if outlasts else {"completed"}
