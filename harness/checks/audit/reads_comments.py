"""Lines that say nothing change nothing: comments, unknown fields, events without data."""

from collections.abc import Sequence

from harness.checks.audit import hearing, same_answer
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms

_FIX = (
    "Skip lines that begin with a colon (providers and proxies send them as keep-alives), fields that you do "
    "not know, and events without data, before anything is parsed as JSON."
)


def ask(terms: Terms) -> Sequence[Question]:
    kinds = {
        "comments": "s10:W07",
        "events without data": "s10:W10",
        "unknown fields": "s10:W11",
        "empty data": "s10:W12",
    }
    return [
        Question(name=same_answer.CONTROL, limits=hearing.BRIEF),
        *(Question(name=name, fault=fault, limits=hearing.BRIEF) for name, fault in kinds.items()),
    ]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    return same_answer.judge(heard, _FIX)


CHECK = Check(
    id="reads_comments",
    group="integrity",
    promise="Comments and other lines without content, which providers send as keep-alives, harm no answer.",
    how="The same answer is written with comments, unknown fields, events without data and empty data "
    "between its tokens.",
    fix=_FIX,
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
)
