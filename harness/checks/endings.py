"""Which endings are honest for an attempt that a planned fault hit."""

from typing import NamedTuple

import numpy as np

from harness.metrics.faults import fault_id
from harness.plan.plan import Plan

Endings = frozenset[str]

# `refused` is an error status: before the first token a system can still say it that way.
_SAID: Endings = frozenset({"error_event", "refused"})
_CUT = _SAID | {"truncated", "reset"}
_WHOLE: Endings = frozenset({"completed"})
_SILENT = _SAID | {"stalled", "truncated", "timed_out"}

# Faults that break an answer: behind a system that turns them into an error, and behind a transparent
# proxy, which passes on what it sees (and may turn a reset into a close).
_BREAK_AS_ERROR = dict.fromkeys(("s1", "s2", "s3", "s4", "s5", "s9", "c1"), _SAID)
_BREAK_AS_IS = {
    "s1": _SAID | {"truncated"},
    **dict.fromkeys(("s2", "s3", "s4", "c1"), _CUT),
    "s5": _SAID,
    "s9": _SAID | {"truncated", "corrupt"},
}
# Faults that a decoder must live with. What a spoiled or repeated token becomes depends on whether the
# system reads what it passes on, so only a silent loss is ruled out.
_BEAR = {"s10": _WHOLE, "s12": _WHOLE, "s8": _WHOLE | _SAID, "s11": _WHOLE | _SAID}
_DELAYS = ("s6", "s7", "c2", "c3")


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


def honest_endings(hit: Hit, plan: Plan) -> Endings:
    """Outcomes of any of its faults; empty where none of them has a rule here."""
    endings: Endings = frozenset()
    if hit.hit_cut:
        endings |= _of_cut(hit)
    if hit.hit_refuse:
        endings |= {"refused", "reset", "truncated"}
    if hit.hit_quota:
        endings |= {"rate_limited"}
    if hit.hit_provider:
        endings |= _of_provider(hit, plan)
    return endings


def _of_cut(hit: Hit) -> Endings:
    if hit.hit_cut == "unknown":  # a network change failed: nobody knows what this path did
        return frozenset()
    if hit.hit_cut == "silence":
        return frozenset({"stalled", "timed_out", "refused"})
    if np.isnan(hit.headers):
        # Before the response's head an HTTP client cannot tell a close from a reset in words of its own.
        return frozenset({"reset", "truncated", "refused"})
    return frozenset({"reset"} if hit.hit_cut == "rst" else {"truncated"})


def _of_provider(hit: Hit, plan: Plan) -> Endings:
    fault = fault_id(hit.hit_provider)
    as_is = plan.target.expect.provider_fault == "as_is"
    if not hit.up_last_fault and hit.up_n > 1:
        return _WHOLE  # asked again, and given a whole answer
    if fault.startswith("h"):
        return frozenset({"rate_limited"}) if hit.up_status == 429 else _SAID
    if fault in _DELAYS:
        return _of_delay(fault, hit, plan)
    if fault in _BEAR:
        unread = as_is or ":duplicate" in hit.hit_provider or ":reordered" in hit.hit_provider
        return _BEAR[fault] | {"corrupt"} if unread and fault in ("s8", "s11") else _BEAR[fault]
    return (_BREAK_AS_IS if as_is else _BREAK_AS_ERROR).get(fault, frozenset())


def _of_delay(fault: str, hit: Hit, plan: Plan) -> Endings:
    """A silence that ends must be survived, unless it outlasts a declared limit on the way."""
    broken = _SILENT | ({"reset"} if plan.target.expect.provider_fault == "as_is" else set())
    if hit.up_ended_by == "fault":
        return broken
    limits, gateway = plan.target.limits, plan.stack.gateway
    limit_s = min(limits.idle_s, gateway.idle_s)
    if fault in ("c2", "c3"):
        limit_s = min(limits.headers_s, limits.first_content_s, gateway.first_byte_s, limit_s)
    return broken | _WHOLE if hit.up_injected_us / 1e6 >= limit_s else _WHOLE
