"""The token counts that a user is told are the provider's."""

from collections.abc import Sequence

from harness.checks.audit import hearing, tally
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.record import LedgerRow


def ask(terms: Terms) -> Sequence[Question]:
    asked = [
        Question(name="a token a chunk", tokens=30, limits=hearing.BRIEF),
        Question(name="four tokens a chunk", tokens=41, tokens_per_chunk=4, limits=hearing.BRIEF),
        Question(name="many at once", tokens=150, itl_ms=1, limits=hearing.BRIEF),
    ]
    if "reasoning" in terms.has:
        asked.append(Question(name="with reasoning", tokens=20, reasoning_tokens=10, limits=hearing.BRIEF))
    return asked


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    judged = [
        (one, one.ledger[0])
        for one in heard
        if hearing.finished(one) and len(one.ledger) == 1 and one.record.output_tokens is not None
    ]
    if not judged:
        silent = [one for one in heard if hearing.finished(one) and one.record.output_tokens is None]
        if silent:
            return hearing.unjudged(
                f"None of {len(silent)} whole answers said how many tokens it has.",
                fix="See what reports_usage says first.",
            )
        return hearing.unjudged(hearing.why_nothing(heard))
    wrong = [(one, row) for one, row in judged if not _right(one, row)]
    if wrong:
        return tally.failed(
            f"{len(wrong)} of {len(judged)} answers were counted differently from the provider.",
            [(one, _counts(one, row)) for one, row in wrong],
            fix=_fix(wrong),
        )
    out = sum(row.emitted_tokens for _, row in judged)
    return tally.passed(
        f"{out} output tokens of {len(judged)} answers were told as the provider wrote them, and "
        "all input tokens."
    )


def _right(one: Heard, row: LedgerRow) -> bool:
    told = one.record
    return told.output_tokens == row.emitted_tokens and told.input_tokens == row.input_tokens


def _counts(one: Heard, row: LedgerRow) -> str:
    told = one.record
    return (
        f"told {told.input_tokens} in and {told.output_tokens} out, "
        f"the provider read {row.input_tokens} and wrote {row.emitted_tokens}"
    )


def _fix(wrong: Sequence[tuple[Heard, LedgerRow]]) -> str:
    chunked = [one for one, _ in wrong if one.question.tokens_per_chunk > 1]
    if chunked and len(chunked) == len(wrong):
        return "A chunk is not a token: take the counts from the provider's usage instead of counting events."
    thinking = [one for one, _ in wrong if one.question.reasoning_tokens]
    if thinking and len(thinking) == len(wrong):
        return "Count reasoning tokens as well: they are paid for, also where they are not shown."
    return ""


CHECK = Check(
    id="counts_tokens",
    group="integrity",
    promise="The token counts that a user is told are those of the provider.",
    how="Answers of known lengths, with one and several tokens a chunk, are compared with the provider's own "
    "count of what it read and wrote.",
    fix="Pass the provider's usage on as it is. It is cumulative: the last value of a stream counts, never a "
    "sum.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
)
