"""A rate limit of the provider reaches the user as one, with the time to wait."""

from collections.abc import Sequence

from harness.checks.audit import hearing, tally
from harness.checks.audit.broken import everywhere, played, told
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.clock import SECOND

# So long a wait is the user's to decide: few systems wait it out themselves, and those that do may.
_WAIT_S = 30
_SLACK_S = 1.5
_LIMITED = Question(name="limited", tokens=5, fault=f"h2:s,{_WAIT_S * 1000}")


def ask(terms: Terms) -> Sequence[Question]:
    return everywhere(terms, [_LIMITED], _LIMITED)


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    judged = [one for one in heard if played(one) and told(one) != "unjudged"]
    if not judged:
        return hearing.unjudged(f"The provider limited nobody: {hearing.endings(heard)}.")
    problems = [problem for one in judged if (problem := _problem(one))]
    wrong = [one for one in judged if _problem(one)]
    evidence = (
        f"{len(judged) - len(wrong)} of {len(judged)} rate limits (429, Retry-After {_WAIT_S}) reached "
    )
    evidence += "their user as 429 with the time to wait"
    return tally.counted(evidence + ("; " + "; ".join(problems) if problems else "") + ".", wrong)


def _problem(heard: Heard) -> str:
    """What is wrong; empty where nothing is."""
    record = heard.record
    if record.status != 429:
        return f"{heard.question.name}: {hearing.ending(record)} instead of 429"
    said = heard.headers.get("retry-after", heard.headers.get("retry-after-ms", ""))
    if not said and record.retry_after_s is None:
        return f"{heard.question.name}: no Retry-After"
    if record.retry_after_s is None:
        return ""  # a date, which is right too
    refused_ns = heard.ledger[-1].closed_ns or heard.ledger[-1].received_ns
    passed_s = max(0.0, ((record.headers_ns or refused_ns) - refused_ns) / SECOND)
    if record.retry_after_s < _WAIT_S - passed_s - _SLACK_S:
        return f"{heard.question.name}: Retry-After {record.retry_after_s:g}"
    return ""


CHECK = Check(
    id="passes_rate_limit_on",
    group="limits",
    promise="A rate limit of the provider reaches the user as 429, with the time to wait.",
    how="The provider answers with 429 and Retry-After: 30, to every attempt.",
    fix="Answer with 429, not with 500 or 502, and copy Retry-After (and the x-ratelimit headers): without "
    "it clients come back at once, and the limit never lifts.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
    weight=2,
)
