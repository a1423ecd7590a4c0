"""Many users at once: each gets the own answer, in its order."""

from collections.abc import Sequence
from itertools import accumulate

from harness.checks.audit import hearing, tally
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms

_USERS = 48  # one pace for all, so that what is shared in a system is shared at the same moments
_ENOUGH = 0.9  # of them open at one moment, for a finding that says anything about many


def ask(terms: Terms) -> Sequence[Question]:
    users = min(_USERS, terms.concurrency or _USERS)
    return [
        Question(name=f"user {number}", tokens=120, ttft_ms=600, itl_ms=4, limits=hearing.BRIEF)
        for number in range(1, users + 1)
    ]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    judged = [one for one in heard if one.record.verified and one.record.tokens and one.ledger]
    wrong = [one for one in judged if hearing.damage(one.record) or _short(one)]
    if wrong:
        foreign = [one for one in wrong if one.record.crosstalk]
        worst = max(wrong, key=lambda one: one.record.crosstalk + one.record.reordered + one.record.altered)
        return tally.counted(
            f"{len(wrong)} of {len(judged)} streams at once did not get their own answer in its "
            f"order, {len(foreign)} of them another user's tokens; e.g. {hearing.came(worst)}.",
            wrong,
            unit="streams",
            fix=_fix(bool(foreign)),
        )
    peak = _at_once(judged)
    if peak < max(2, _ENOUGH * len(heard)):
        return hearing.unjudged(
            f"Only {peak} of {len(heard)} streams were open at one moment: {hearing.endings(heard)}.",
            fix="Declare the system's limit as `concurrency` in the target file, if it has one; else audit "
            "on a machine with less to do.",
        )
    tokens = sum(one.record.tokens for one in judged)
    return tally.passed(
        f"{peak} streams at once: each of {tokens} tokens reached its own user, in order.", "streams"
    )


def _at_once(heard: Sequence[Heard]) -> int:
    """How many were open at the same moment."""
    changes = [(one.record.sent_ns or one.record.intended_ns, 1) for one in heard]
    changes += [(one.record.closed_ns or one.record.intended_ns, -1) for one in heard]
    return max(accumulate((change for _, change in sorted(changes)), initial=0))


def _short(one: Heard) -> bool:
    return hearing.finished(one) and one.record.tokens < hearing.written(one)


def _fix(foreign: bool) -> str:
    if foreign:
        return (
            "One user reads another's answer: look for state that is shared between requests (a module's "
            "variable, a buffer of the client object, a cache without the user in its key, a pooled "
            "connection that was not read to its end) and make it the request's own."
        )
    return (
        "Write each stream's events from one task, in the order in which they were read; do not start a task "
        "an event, nor hand events of one stream to several workers."
    )


CHECK = Check(
    id="keeps_streams_apart",
    group="integrity",
    promise="However many stream at once, each user gets the own answer, in order.",
    how=f"{_USERS} users ask at the same moment and are answered at the same pace with tokens that carry the "
    "number of their stream.",
    fix="Keep everything that belongs to an answer in objects of its own request.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
    stage="alone",
    weight=3,
)
