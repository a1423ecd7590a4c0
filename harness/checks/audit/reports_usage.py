"""A finished answer says what it cost."""

from collections.abc import Sequence

from harness.checks.audit import hearing, tally
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.dialects.events import Kind


def ask(terms: Terms) -> Sequence[Question]:
    return [
        Question(name="a token a chunk", limits=hearing.BRIEF),
        Question(name="four tokens a chunk", tokens_per_chunk=4, limits=hearing.BRIEF),
    ]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    judged = [one for one in heard if hearing.finished(one)]
    if not judged:
        return hearing.unjudged(hearing.why_nothing(heard))
    wrong = [one for one in judged if not _has_usage(one)]
    return tally.counted(
        f"{len(judged) - len(wrong)} of {len(judged)} whole answers ended with their usage.", wrong
    )


def _has_usage(one: Heard) -> bool:
    return any(arrived.event.kind is Kind.USAGE for arrived in one.events)


CHECK = Check(
    id="reports_usage",
    group="integrity",
    promise="Every whole answer ends with its token counts.",
    how="Answers are read to their end and searched for usage.",
    fix="Ask the provider for usage (OpenAI: `stream_options: {include_usage: true}`) and pass on the chunk "
    "that comes after the finish reason, with an empty `choices`.",
    ask=ask,
    judge=judge,
)
