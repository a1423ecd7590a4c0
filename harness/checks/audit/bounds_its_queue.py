"""Who cannot be served is told so at once."""

from collections.abc import Sequence

from harness.checks.audit import hearing
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.checks.audit.crowd import PATIENCE, cannot_fill
from harness.clock import MS
from harness.record import Outcome

_EXTRA = 8  # users beyond what the system says it takes
_ITL_MS = 100.0
_TOKENS = 26
_AT_ONCE_MS = 1_500.0  # well before the first place gets free
_CLEAR = (429, 503)


def _room(terms: Terms) -> int | None:
    if terms.concurrency is None or terms.queue is None:
        return None
    return terms.concurrency + terms.queue


def ask(terms: Terms) -> Sequence[Question]:
    room = _room(terms)
    if room is None or cannot_fill(terms, room + _EXTRA) is not None:
        return []
    return [
        Question(name=f"user {number}", tokens=_TOKENS, itl_ms=_ITL_MS, limits=PATIENCE)
        for number in range(room + _EXTRA)
    ]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    room = _room(terms)
    problem = cannot_fill(terms, None if room is None else room + _EXTRA)
    if room is None or problem is not None:
        return problem or hearing.unjudged("The target file declares no limit.", "NOT MEASURED")
    asked = [one for one in heard if one.record.sent_ns is not None]
    over_ns = [one.record.closed_ns for one in asked if _served(one) and one.record.closed_ns]
    first_over_ns = min(over_ns, default=None)
    together = [one for one in asked if first_over_ns is None or (one.record.sent_ns or 0) < first_over_ns]
    if len(together) <= room:
        return hearing.unjudged(
            f"Only {len(together)} users asked before the first answer was over; {room} fit."
        )
    refused = [one for one in asked if one.record.outcome in (Outcome.REFUSED, Outcome.RATE_LIMITED)]
    at_once = [one for one in refused if _refused_ms(one) <= _AT_ONCE_MS]
    wrong = [one for one in asked if _problem(one)]
    missing = len(together) - room - len(at_once)
    evidence = f"Of {len(together)} users at once ({terms.concurrency} places, {terms.queue} in the queue) "
    evidence += f"{len(at_once)} were refused within {_AT_ONCE_MS:.0f} ms and {len(over_ns)} served"
    if missing > 0:
        evidence += f"; {missing} too many were let in"
    evidence += "".join(f"; {what}" for what in sorted({_problem(one) for one in wrong}))
    broken = missing > 0 or bool(wrong)
    return Finding(
        state="FAIL" if broken else "PASS",
        evidence=evidence + ".",
        value=len(at_once),
        limit=len(together) - room,
        unit="refusals",
        streams=hearing.streams(wrong),
    )


def _served(heard: Heard) -> bool:
    """Got an answer; whether it is the right one is judged elsewhere."""
    return hearing.finished(heard) or heard.record.outcome is Outcome.CORRUPT


def _problem(heard: Heard) -> str:
    """What is wrong with what one user was told; empty where nothing is."""
    record = heard.record
    if _served(heard):
        return ""
    if record.outcome not in (Outcome.REFUSED, Outcome.RATE_LIMITED):
        return f"some were let in and then got {hearing.ending(record)}"
    if record.status not in _CLEAR:
        return f"some were refused with {record.detail} instead of 429 or 503"
    if record.retry_after_s is None and "retry-after" not in heard.headers:
        return f"some were refused with {record.status} without Retry-After"
    return ""


def _refused_ms(heard: Heard) -> float:
    record = heard.record
    return ((record.headers_ns or record.closed_ns or 0) - (record.sent_ns or 0)) / MS


CHECK = Check(
    id="bounds_its_queue",
    group="limits",
    promise="Users beyond the declared places and queue are refused at once: 429 or 503, and Retry-After.",
    how="As many users as there are places and queue, and eight more, ask at the same moment.",
    fix="Bound the queue as well as the places, refuse when it is full, before 200 goes out, and say when to "
    "come back. A queue without end turns overload into time-outs for everybody.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock", "limit"}),
    stage="alone",
)
