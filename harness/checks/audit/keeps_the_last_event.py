"""A body that ends without the last blank line loses nothing that was written."""

from collections.abc import Sequence

from harness.checks.audit import hearing, same_answer
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms

_FIX = (
    "When the provider's body has ended cleanly, give the reader one more blank line, or look at what it "
    "still holds: a whole JSON object there is an event. Usage, finish reason or last tokens are in it."
)


def ask(terms: Terms) -> Sequence[Question]:
    return [
        Question(name=same_answer.CONTROL, limits=hearing.BRIEF),
        Question(name="last blank line missing", fault="s10:W15", limits=hearing.BRIEF),
        Question(name="body ends right after the usage", fault="s10:W15-last", limits=hearing.BRIEF),
    ]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    return same_answer.judge(heard, _FIX, _lost)


def _lost(one: Heard, control: Heard) -> str:
    if control.record.output_tokens is not None and one.record.output_tokens is None:
        return "its usage is gone"
    if control.record.finish_reason and not one.record.finish_reason:
        return "its finish reason is gone"
    return ""


CHECK = Check(
    id="keeps_the_last_event",
    group="integrity",
    promise="The last event of an answer counts also where the provider ends without a blank line after it.",
    how="The same answer ends without its last blank line, once after the last word and once right after the "
    "usage; text, usage and finish are compared with those of the usual ending.",
    fix=_FIX,
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
)
