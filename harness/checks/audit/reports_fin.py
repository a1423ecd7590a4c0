"""An answer whose connection closes in mid-answer is told as broken."""

from collections.abc import Sequence

from harness.checks.audit import hearing
from harness.checks.audit.broken import everywhere, judge_broken
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms

_BREAKS = (
    Question(name="closes at token 12", tokens=30, fault="s2@12", limits=hearing.BRIEF),
    Question(name="closes at token 1", tokens=30, fault="s2@1", limits=hearing.BRIEF),
    Question(name="short of its content-length", tokens=30, fault="s4@12", limits=hearing.BRIEF),
)


def ask(terms: Terms) -> Sequence[Question]:
    return everywhere(terms, _BREAKS, _BREAKS[0])


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    return judge_broken(heard, terms, may_cut=True)


CHECK = Check(
    id="reports_fin",
    group="errors",
    promise="An answer whose provider closes the connection in mid-answer is told as broken.",
    how="The provider closes the connection without ending the HTTP message, also short of its own "
    "content-length.",
    fix="Treat an incomplete body as an error: do not catch the client library's exception and end the "
    "answer as if it were whole. Send an error event.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
    weight=2,
)
