"""How long a question takes if all goes as ordered, and how many may be asked at once. Pure."""

from collections.abc import Sequence

from harness.checks.audit.check import Question, Terms
from mock_provider import notation

LONG_S = 15.0  # checks that wait longer than this are begun first, beside all others
_AT_ONCE = 24  # busy streams that a machine of two cores times honestly beside gateway and mock
_LEFT_FREE = 4  # of the system's own places


def lasts_s(question: Question) -> float:
    """From asking to the end of the answer, by plan; what the user leaves earlier counts in full."""
    generated = question.tokens + question.reasoning_tokens
    seconds = (question.ttft_ms + question.itl_ms * max(0, generated - 1)) / 1000
    rule = notation.parse(question.fault) if question.fault else None
    if rule is not None and rule.id == "s7":
        return seconds + rule.seconds * max(0, generated - rule.at_token)
    if rule is not None and rule.id in ("c1", "c2", "c3", "s6"):
        return seconds + rule.seconds
    return seconds


def over_s(questions: Sequence[Question]) -> float:
    """From the check's beginning to the end of its last answer, by plan."""
    ends: dict[str, float] = {}
    for question in questions:
        start_s = max(question.start_s, ends.get(question.after, 0.0))
        ends[question.name] = start_s + lasts_s(question)
    return max(ends.values(), default=0.0)


def places(terms: Terms, long_ones: int) -> int:
    """How many streams of short checks may be open at once, while `long_ones` of others are."""
    if terms.concurrency is None:
        return _AT_ONCE
    return min(_AT_ONCE, max(1, terms.concurrency - long_ones - _LEFT_FREE))
