"""What a user has read is not said again, also when the provider dies after the first token."""

from collections.abc import Sequence

from harness.checks.audit import hearing
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms

_AT = 10
_DEATHS = {
    "reset": f"s3@{_AT}",
    "closed": f"s2@{_AT}",
    "ended early": f"s1@{_AT}",
    "error event": f"s5@{_AT}:server",
}


def ask(terms: Terms) -> Sequence[Question]:
    # The first attempt dies and a second would be answered: a retry that is hidden is then seen.
    return [
        Question(name=name, tokens=30, fault=fault, fault_times=1, limits=hearing.BRIEF)
        for name, fault in _DEATHS.items()
    ]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    judged = [one for one in heard if hearing.hit(one) and one.record.verified and one.record.tokens]
    if not judged:
        return hearing.unjudged(
            f"No user had a token when the provider died: {hearing.endings(heard)}."
            if any(one.ledger for one in heard)
            else hearing.why_nothing(heard)
        )
    wrong = [one for one in judged if one.record.duplicated or one.record.reordered]
    if wrong:
        said = "; ".join(f"{one.question.name}: {_repeated(one)}" for one in wrong)
        return Finding(
            state="FAIL",
            evidence=f"{len(wrong)} of {len(judged)} answers whose provider died after {_AT} tokens said "
            f"some of their text again. {said}.",
            value=sum(one.record.duplicated for one in wrong),
            limit=0,
            unit="tokens",
            streams=hearing.streams(wrong),
        )
    retried = sum(len(one.ledger) > 1 for one in judged)
    return Finding(
        state="PASS",
        evidence=f"{len(judged)} providers died after {_AT} tokens "
        f"({', '.join(one.question.name for one in judged)}) and no token was said twice; the system asked "
        f"again for {retried} of them.",
        value=0,
        limit=0,
        unit="tokens",
    )


def _repeated(one: Heard) -> str:
    return f"{one.record.duplicated} tokens twice after {len(one.ledger)} attempts"


CHECK = Check(
    id="never_repeats_text",
    group="integrity",
    promise="Text that a user has read is never said again, also when the provider dies in the middle of it.",
    how=f"The provider's first attempt dies after {_AT} tokens, in four ways; a second attempt would be "
    "answered.",
    fix="Retry only until the first token has left for the user. After that, report the error, or go on from "
    "exactly where the user is.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
    weight=2,
)
