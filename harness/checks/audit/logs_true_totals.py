"""The log's total time and token counts are what happened."""

from collections.abc import Sequence

from harness.checks.audit import hearing, tally
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.checks.audit.logged import number, outside, span_ms, without_lines

_LEAST_MS = 150.0  # a busy system notes late what it has written
_LEAST_PER_S = 1.0

_ANSWERS = (
    # 33 tokens in 33 chunks, 48 in 13: a count of chunks, or of first tokens, cannot be right for both.
    Question(name="a token a chunk", ttft_ms=400, tokens=33, itl_ms=25, limits=hearing.BRIEF),
    Question(
        name="four a chunk", ttft_ms=300, tokens=48, itl_ms=20, tokens_per_chunk=4, limits=hearing.BRIEF
    ),
    Question(name="a long one", ttft_ms=200, tokens=90, itl_ms=20, limits=hearing.BRIEF),
)


def ask(terms: Terms) -> Sequence[Question]:
    return _ANSWERS


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    if problem := without_lines(heard):
        return problem
    judged = [one for one in heard if one.log is not None and one.ledger and hearing.finished(one)]
    if not judged:
        return hearing.unjudged(f"No answer came to its end: {hearing.endings(heard)}.")
    wrong = [one for one in judged if _problems(one)]
    evidence = (
        f"{len(judged) - len(wrong)} of {len(judged)} log lines have the true total time and token counts"
    )
    evidence += "".join(f"; {one.question.name}: {', '.join(_problems(one))}" for one in wrong)
    return tally.counted(evidence + ".", wrong, unit="lines")


def _problems(heard: Heard) -> list[str]:
    row, record = heard.ledger[-1], heard.record
    problems = []
    took, waited = span_ms(row.received_ns, row.closed_ns), span_ms(record.sent_ns, record.closed_ns)
    total = number(heard, "total_ms")
    if total is None or outside(total, took or 0.0, waited or 0.0, _LEAST_MS):
        problems.append(f"{_said(total, 'ms')} logged, {waited or 0:.0f} ms measured")
    tokens = number(heard, "tokens")
    if tokens != row.emitted_tokens:
        problems.append(f"{_said(tokens, 'tokens')} logged, {row.emitted_tokens} tokens written")
    asked = number(heard, "input_tokens")
    if asked is not None and asked != row.input_tokens:
        problems.append(f"{_said(asked, 'input tokens')} logged, {row.input_tokens} counted")
    return problems + _rate(heard, row.emitted_tokens, waited)


def _rate(heard: Heard, tokens: int, waited_ms: float | None) -> list[str]:
    """Tokens a second are counted over all of the time or from the first token on; both are in use."""
    said = number(heard, "tokens_per_s")
    first_ms = span_ms(heard.record.sent_ns, heard.record.first_content_ns)
    if said is None or not waited_ms or first_ms is None or waited_ms <= first_ms:
        return []
    low, high = 1000 * tokens / waited_ms, 1000 * tokens / (waited_ms - first_ms)
    if not outside(said, low, high, _LEAST_PER_S):
        return []
    return [f"{said:.1f} tokens/s logged, {low:.1f} to {high:.1f} measured"]


def _said(value: float | None, unit: str) -> str:
    return f"{value:.0f} {unit}" if value is not None else f"no {unit}"


CHECK = Check(
    id="logs_true_totals",
    group="observability",
    promise="The system's log tells total time and token counts as they were.",
    how="Answers with one and with four tokens a chunk; the log's total_ms is held against user and "
    "provider, its tokens against the provider's count.",
    fix="Take token counts from the provider's usage, not from a count of chunks, and write the line when "
    "the last byte has gone to the user, not when the handler begins to answer.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock", "log"}),
)
