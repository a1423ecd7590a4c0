"""The log's time to first token is the user's."""

from collections.abc import Sequence

from harness.checks.audit import hearing
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.checks.audit.logged import number, outside, span_ms, without_lines

_LEAST_MS = 100.0  # a busy system notes late what it has written
# Far from zero, from the time of the head and from the total, so that a wrong one cannot be near by chance.
_TTFTS_MS = (700.0, 400.0, 1000.0)


def ask(terms: Terms) -> Sequence[Question]:
    return [
        Question(name=f"first token after {ms:g} ms", ttft_ms=ms, tokens=32, itl_ms=25, limits=hearing.BRIEF)
        for ms in _TTFTS_MS
    ]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    if problem := without_lines(heard):
        return problem
    judged = [one for one in heard if one.log is not None and _bounds(one) is not None]
    if not judged:
        return hearing.unjudged(f"Nobody got a first token: {hearing.endings(heard)}.")
    wrong = [one for one in judged if _is_wrong(one)]
    said = "; ".join(_what(one) for one in judged)
    errors = [error for one in judged if (error := _error_ms(one)) is not None]
    return Finding(
        state="FAIL" if wrong else "PASS",
        evidence=f"{len(judged) - len(wrong)} of {len(judged)} logged times to first token are true: {said}.",
        value=round(max(errors), 1) if errors else "inf",
        limit=_LEAST_MS,
        unit="ms",
        streams=hearing.streams(wrong),
    )


def _bounds(heard: Heard) -> tuple[float, float] | None:
    """What the system can have seen, ms: no less than the provider took, no more than the user waited."""
    record, row = heard.record, hearing.last(heard)
    waited = span_ms(record.sent_ns, record.first_content_ns)
    took = span_ms(row.received_ns, row.first_token_ns) if row is not None else None
    return (took, waited) if took is not None and waited is not None else None


def _error_ms(heard: Heard) -> float | None:
    value, bounds = number(heard, "ttft_ms"), _bounds(heard)
    return abs(value - bounds[1]) if value is not None and bounds is not None else None


def _is_wrong(heard: Heard) -> bool:
    value, bounds = number(heard, "ttft_ms"), _bounds(heard)
    return value is None or bounds is None or outside(value, *bounds, _LEAST_MS)


def _what(heard: Heard) -> str:
    value, bounds = number(heard, "ttft_ms"), _bounds(heard)
    waited = f"{bounds[1]:.0f}" if bounds is not None else "nothing"
    return f"{waited} ms measured, {f'{value:.0f} ms' if value is not None else 'nothing'} logged"


CHECK = Check(
    id="logs_true_ttft",
    group="observability",
    promise="The system's log tells the time to first token as its users had it.",
    how="Answers with a first token after 0.4, 0.7 and 1 s; the log's ttft_ms must lie between what the "
    "provider took and what the user waited, within 100 ms or 10 %.",
    fix="Start the clock when the request has been read, and stop it at the first token with text that is "
    "written to the user: not at the response head, a role chunk or a heartbeat.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock", "log"}),
)
