"""Users who leave give their places back."""

from collections.abc import Sequence

from harness.checks.audit import hearing
from harness.checks.audit.check import Check, Finding, Heard, Leave, Question, Terms
from harness.checks.audit.crowd import PATIENCE, cannot_fill
from harness.clock import MS
from harness.record import Outcome

_LEAVERS = 12  # of each kind: each leaked place is found, but some leak only sometimes
_LEFT_S = 1.2  # how long an answer lasts that nobody waits for: afterwards even a drained one is over
_SETTLED_S = 0.5
_ITL_MS = 100.0
_TOKENS = 32
_AT_ONCE_MS = 1_600.0  # half of an answer: one that waited for a place waits twice as long


def ask(terms: Terms) -> Sequence[Question]:
    places = terms.concurrency
    if places is None or cannot_fill(terms, places) is not None:
        return []
    early = min(_LEAVERS, max(1, places // 2))
    late = min(_LEAVERS, places // 2)
    leavers = [
        Question(
            name=f"leaves at token 3 ({number})",
            tokens=int(_LEFT_S * 1000 / 50),
            itl_ms=50,
            leave=Leave(at_token=3, after_s=0.6, how="rst" if number % 2 else "fin"),
            limits=PATIENCE,
        )
        for number in range(early)
    ] + [
        Question(
            name=f"leaves before the first token ({number})",
            tokens=2,
            ttft_ms=_LEFT_S * 1000,
            leave=Leave(before_first=True, how="rst" if number % 2 else "fin"),
            limits=PATIENCE,
        )
        for number in range(late)
    ]
    wait_s = max(_LEFT_S, terms.cancel_within_s) + _SETTLED_S
    fresh = [
        Question(name=f"fresh {number}", start_s=wait_s, tokens=_TOKENS, itl_ms=_ITL_MS, limits=PATIENCE)
        for number in range(places)
    ]
    return [*leavers, *fresh]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    if problem := cannot_fill(terms, terms.concurrency):
        return problem
    leavers = [one for one in heard if one.question.leave is not None]
    fresh = [one for one in heard if one.question.leave is None]
    left = [one for one in leavers if one.record.outcome is Outcome.CANCELLED and one.ledger]
    if not left or not fresh:
        return hearing.unjudged(f"Nobody left an answer under way: {hearing.endings(leavers)}.")
    refused = [one for one in fresh if one.record.outcome in (Outcome.REFUSED, Outcome.RATE_LIMITED)]
    served = [one for one in fresh if _begun_ms(one) is not None and one not in refused]
    unclear = [one for one in fresh if one not in refused and one not in served]
    waited = [one for one in served if (_begun_ms(one) or 0.0) > _AT_ONCE_MS]
    wrong = refused + waited + unclear
    only_late = bool(waited) and len(wrong) == len(waited)  # which a machine that is late itself explains
    slowest = max((_begun_ms(one) or 0.0 for one in served), default=0.0)
    evidence = (
        f"After {len(left)} users had left, {len(fresh) - len(wrong)} of {len(fresh)} fresh streams were "
        f"served at once (declared: {terms.concurrency} at once)"
    )
    if wrong:
        evidence += f"; {len(waited)} waited for a place, {len(refused)} were refused"
        evidence += f", {len(unclear)} got nothing ({hearing.endings(unclear)})" if unclear else ""
    return Finding(
        state="FAIL" if wrong else "PASS",
        evidence=evidence + f"; the slowest began after {slowest:.0f} ms.",
        value=slowest if only_late else len(wrong),
        limit=_AT_ONCE_MS if only_late else 0,
        unit="ms" if only_late else "streams",
        streams=hearing.streams(wrong),
    )


def _begun_ms(heard: Heard) -> float | None:
    """From asking to the provider's getting the question: what comes after that is no wait for a place."""
    if heard.record.sent_ns is None or not heard.ledger:
        return None
    return max(0, heard.ledger[0].received_ns - heard.record.sent_ns) / MS


CHECK = Check(
    id="frees_on_abort",
    group="cancellation",
    promise="Users who leave give their places back: afterwards as many as ever are served at once.",
    how="Users leave in mid-answer and before the first token; then as many users as the declared limit ask "
    "at the same moment, and the provider must get every question at once.",
    fix="Release the place where every ending passes, also a cancelled one: `async with` or try/finally "
    "around all of the request, not a line after the last write.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock", "limit"}),
    stage="alone",
)
