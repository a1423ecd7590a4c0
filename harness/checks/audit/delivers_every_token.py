"""Every token that the provider writes reaches the user, however it was written."""

from collections.abc import Sequence

from harness.checks.audit import hearing, tally
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms

_WAYS = (
    Question(name="a token a chunk", tokens=40, itl_ms=10, limits=hearing.BRIEF),
    Question(name="a token a millisecond", tokens=300, itl_ms=1, limits=hearing.BRIEF),
    Question(name="eight tokens a chunk", tokens=160, itl_ms=3, tokens_per_chunk=8, limits=hearing.BRIEF),
    Question(name="four events a chunk", tokens=80, itl_ms=5, fault="s10:W26-many", limits=hearing.BRIEF),
    Question(name="the answer in one chunk", tokens=200, itl_ms=1, fault="s10:W21", limits=hearing.BRIEF),
    Question(name="lines of 64 KiB", tokens=12, fault="s10:W22", limits=hearing.BRIEF),
)


def ask(terms: Terms) -> Sequence[Question]:
    return _WAYS


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    judged = [one for one in heard if one.ledger and one.record.verified]
    if not judged:
        return hearing.unjudged(hearing.why_nothing(heard))
    wrong = tally.wrong(judged, lambda one: "" if hearing.whole(one) else hearing.came(one))
    got, sent = sum(one.record.tokens for one in judged), sum(hearing.written(one) for one in judged)
    if wrong:
        return tally.failed(
            f"{len(wrong)} of {len(judged)} answers did not arrive as they were written.",
            wrong,
            fix=_fix(tally.heard(wrong)),
        )
    if len(judged) < len(heard):
        rest = [one for one in heard if one not in judged]
        return hearing.unjudged(
            f"{len(rest)} of {len(heard)} answers could not be judged: {hearing.endings(rest)}."
        )
    return tally.passed(
        f"{got} of {sent} tokens arrived in {len(judged)} answers, none lost, repeated, swapped or altered."
    )


def _fix(wrong: Sequence[Heard]) -> str:
    if all(one.question.fault for one in wrong):
        return (
            "Cut the provider's bytes into events at blank lines, not at reads: a read may hold many events, "
            "and an event many reads. Allow lines of at least 1 MiB."
        )
    return ""


CHECK = Check(
    id="delivers_every_token",
    group="integrity",
    promise="Every token that the provider writes reaches its user once, in order and unaltered.",
    how="Numbered tokens are written one a chunk, many a chunk, one a millisecond, all at once and in lines "
    "of 64 KiB, and counted where they arrive.",
    fix="Look for a buffer that drops when it is full, a reader that takes one event a read, and code that "
    "strips or joins pieces of text on their way.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
    weight=3,
)
