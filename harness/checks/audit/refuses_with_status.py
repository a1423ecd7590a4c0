"""An error before the first token is an HTTP status, not a 200 with an error in its body."""

from collections.abc import Sequence

from harness.checks.audit import hearing, tally
from harness.checks.audit.broken import everywhere, played, told
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms

_REFUSALS = (
    Question(name="provider says 500", tokens=5, fault="h1:500", limits=hearing.BRIEF),
    Question(name="provider says 503", tokens=5, fault="h1:503", limits=hearing.BRIEF),
    Question(name="provider says 400", tokens=5, fault="h1:400", limits=hearing.BRIEF),
)


def ask(terms: Terms) -> Sequence[Question]:
    return everywhere(terms, _REFUSALS, _REFUSALS[0])


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    judged = [one for one in heard if played(one) and told(one) != "unjudged"]
    if not judged:
        return hearing.unjudged(f"The provider refused nothing: {hearing.endings(heard)}.")
    wrong = [one for one in judged if (one.record.status or 0) < 400]
    said = ", ".join(f"{one.question.name} → {_status(one)}" for one in judged)
    return tally.counted(
        f"{len(judged) - len(wrong)} of {len(judged)} refusals came as an error status: {said}.", wrong
    )


def _status(heard: Heard) -> str:
    record = heard.record
    status = str(record.status) if record.status is not None else "no status"
    if (record.status or 0) >= 400:
        return status
    return f"{status} with {hearing.ending(record)}"


CHECK = Check(
    id="refuses_with_status",
    group="errors",
    promise="When the provider refuses, the user gets an error status, not a 200 with an error in it.",
    how="The provider answers with 500, 503 and 400 instead of an answer.",
    fix="Send your own response head only when the upstream's has come: once 200 is out, browsers, SDKs, "
    "proxies and monitors count a success.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
    weight=2,
)
