"""An error that the provider reports in mid-answer reaches the user as one."""

from collections.abc import Sequence

from harness.checks.audit import hearing
from harness.checks.audit.broken import everywhere, judge_broken
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms

_BREAKS = (
    Question(name="server error at token 12", tokens=30, fault="s5@12", limits=hearing.BRIEF),
    Question(name="overloaded at token 12", tokens=30, fault="s5@12:overloaded", limits=hearing.BRIEF),
    Question(name="server error at token 1", tokens=30, fault="s5@1", limits=hearing.BRIEF),
)


def ask(terms: Terms) -> Sequence[Question]:
    return everywhere(terms, _BREAKS, _BREAKS[0])


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    return judge_broken(heard, terms, may_cut=False)


CHECK = Check(
    id="reports_error_event",
    group="errors",
    promise="An error that the provider reports in mid-answer reaches the user as an error.",
    how="The provider sends an error event in mid-answer, as its API does when an engine fails.",
    fix="Look for an error object in every event of the upstream, also where the status was 200, and pass it "
    "on as an error event of your own API, with its code. Some SDKs skip such events silently.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
    weight=2,
)
