"""A body that ends without the last blank line loses nothing that was written."""

from collections.abc import Sequence

from harness.checks.audit import hearing, same_answer, tally
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms

_FIX = (
    "When the provider's body has ended cleanly, give the reader one more blank line, or look at what it "
    "still holds: a whole JSON object there is an event. Usage, finish reason or last tokens are in it."
)


def ask(terms: Terms) -> Sequence[Question]:
    return same_answer.questions(
        {"last blank line missing": "s10:W15", "body ends right after the usage": "s10:W15-last"}
    )


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    as_is = [one for one in heard if one.question.fault and _as_it_was(one)]
    if terms.provider_fault == "as_is" and len(as_is) == len(heard) - 1:
        return tally.passed(
            f"{len(as_is)} answers without their last blank line were passed on as they were, every "
            "token and the open event at their end, as the target declares.",
            "framings",
        )
    return same_answer.judge(heard, _FIX, _lost)


def _as_it_was(one: Heard) -> bool:
    """What a transparent proxy passes on: the tokens, and an event that is still open when HTTP ends."""
    record = one.record
    return record.leftover and record.http_complete and record.tokens == hearing.written(one) > 0


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
