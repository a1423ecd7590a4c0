"""An answer that ends early, but cleanly, is told as broken."""

from collections.abc import Sequence

from harness.checks.audit import hearing
from harness.checks.audit.broken import everywhere, judge_broken
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms

_BREAKS = (
    Question(name="ends at token 12", tokens=30, fault="s1@12", limits=hearing.BRIEF),
    Question(name="ends at token 1", tokens=30, fault="s1@1", limits=hearing.BRIEF),
    Question(name="ends one token early", tokens=30, fault="s1@29", limits=hearing.BRIEF),
)


def ask(terms: Terms) -> Sequence[Question]:
    return everywhere(terms, _BREAKS, _BREAKS[0])


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    return judge_broken(heard, terms, may_cut=True)


CHECK = Check(
    id="reports_truncation",
    group="errors",
    promise="An answer that the provider ends early, without its last word, is told as broken.",
    how="The provider ends the HTTP message properly in mid-answer: no finish reason, no end marker.",
    fix="Never write your own end marker because the upstream's body is over: write it when the upstream's "
    "finish reason and end marker have come, and an error event otherwise.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
    weight=3,
)
