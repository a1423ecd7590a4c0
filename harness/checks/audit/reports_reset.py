"""An answer whose connection is reset in mid-answer is told as broken."""

from collections.abc import Sequence

from harness.checks.audit import hearing
from harness.checks.audit.broken import everywhere, judge_broken
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms

_BREAKS = (
    Question(name="reset at token 12", tokens=30, fault="s3@12", limits=hearing.BRIEF),
    Question(name="reset at token 1", tokens=30, fault="s3@1", limits=hearing.BRIEF),
    Question(name="reset at token 29", tokens=30, fault="s3@29", limits=hearing.BRIEF),
)


def ask(terms: Terms) -> Sequence[Question]:
    return everywhere(terms, _BREAKS, _BREAKS[0])


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    return judge_broken(heard, terms, may_cut=True)


CHECK = Check(
    id="reports_reset",
    group="errors",
    promise="An answer whose provider resets the connection in mid-answer is told as broken.",
    how="The provider's connection is reset in mid-answer, as a crash or a middlebox would.",
    fix="Map the connection error of your HTTP client to an error event in the stream; a `finally` that "
    "writes the end marker passes the broken answer off as whole.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
    weight=2,
)
