"""A failure before the first token is asked again, and the user never learns of it."""

from collections.abc import Sequence

from harness.checks.audit import hearing, tally
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms

_FAILURES = (
    Question(name="503 once", tokens=10, fault="h1:503", fault_times=1, limits=hearing.BRIEF),
    Question(name="reset once before any header", tokens=10, fault="c1", fault_times=1, limits=hearing.BRIEF),
)


def ask(terms: Terms) -> Sequence[Question]:
    return _FAILURES if terms.retries else []


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    if not terms.retries:
        return hearing.unjudged(
            "The target file declares retries: 0.",
            "NOT MEASURED",
            "Declare how many attempts the system adds before the first token.",
        )
    judged = [one for one in heard if one.ledger and one.ledger[0].fault]
    if not judged:
        return hearing.unjudged(f"The provider failed nobody: {hearing.endings(heard)}.")
    wrong = [one for one in judged if not hearing.whole(one)]
    said = "; ".join(f"{one.question.name}: {_what(one)} at attempt {len(one.ledger)}" for one in judged)
    return tally.counted(
        f"{len(judged) - len(wrong)} of {len(judged)} users whose first attempt failed were served. {said}.",
        wrong,
    )


def _what(heard: Heard) -> str:
    return "whole" if hearing.whole(heard) else hearing.ending(heard.record)


CHECK = Check(
    id="retries_before_the_first_token",
    group="errors",
    promise="A provider that fails before the first token is asked again, without its user noticing.",
    how="The first attempt of an answer is refused with 503, or its connection is reset before any header; "
    "the second would succeed.",
    fix="Ask again, a bounded number of times and after a short, growing pause, while not a token has been "
    "passed on; or declare retries: 0.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
)
