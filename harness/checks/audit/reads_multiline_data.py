"""The data of an event may stand on several lines, with or without a space before it."""

from collections.abc import Sequence

from harness.checks.audit import hearing, same_answer
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms

_FIX = (
    "Collect the `data` lines of an event, join them with a line feed at the blank line, and parse only "
    "then; take off one space after the colon where there is one, and no more."
)


def ask(terms: Terms) -> Sequence[Question]:
    kinds = {"data on two lines": "s10:W13", "no space after the colon": "s10:W05", "two spaces": "s10:W06"}
    return [
        Question(name=same_answer.CONTROL, limits=hearing.BRIEF),
        *(Question(name=name, fault=fault, limits=hearing.BRIEF) for name, fault in kinds.items()),
    ]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    return same_answer.judge(heard, _FIX)


CHECK = Check(
    id="reads_multiline_data",
    group="integrity",
    promise="Data on several lines, or without a space after the colon, is read like any other.",
    how="The same answer is written with its JSON cut over two data lines, and with no and two spaces after "
    "the colon.",
    fix=_FIX,
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
)
