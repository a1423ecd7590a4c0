"""The system's metrics count what happened."""

from collections.abc import Sequence

from harness.checks.audit import hearing
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.checks.audit.exposition import total
from harness.checks.audit.logged import outside, span_ms

_LEAST_S = 0.1  # a stream, by which sums of times may differ

_QUESTIONS = (
    Question(name="a token a chunk", ttft_ms=300, tokens=21, itl_ms=20, limits=hearing.BRIEF),
    Question(
        name="four a chunk", ttft_ms=500, tokens=52, itl_ms=15, tokens_per_chunk=4, limits=hearing.BRIEF
    ),
    Question(name="a long one", ttft_ms=400, tokens=60, itl_ms=20, limits=hearing.BRIEF),
    Question(name="broken", ttft_ms=200, tokens=40, fault="s2@8", limits=hearing.BRIEF),
)


def ask(terms: Terms) -> Sequence[Question]:
    return _QUESTIONS


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    before, after = _texts(heard)
    if before is None or after is None:
        return hearing.unjudged(
            "The system's metrics could not be read.", fix="Check metrics in the target file."
        )
    if any(not one.ledger for one in heard) or not any(hearing.finished(one) for one in heard):
        return hearing.unjudged(f"What was asked did not come to its end: {hearing.endings(heard)}.")
    told = [*_counts(heard, terms, before, after), *_times(heard, terms, before, after)]
    if not told:
        return hearing.unjudged(
            "None of the metrics that were named are there.",
            fix="Say under metrics in the target file what the system calls its streams, tokens and times.",
        )
    wrong = [text for right, text in told if not right]
    evidence = f"{len(told) - len(wrong)} of {len(told)} metrics agree with {len(heard)} streams: "
    evidence += "; ".join(text for _, text in told)
    return Finding(
        state="FAIL" if wrong else "PASS",
        evidence=evidence + ".",
        value=len(wrong),
        limit=0,
        unit="metrics",
        streams=hearing.streams(heard) if wrong else [],
    )


def _texts(heard: Sequence[Heard]) -> tuple[str | None, str | None]:
    before = next((one.metrics_before for one in heard if one.metrics_before is not None), None)
    after = next((one.metrics_after for one in reversed(heard) if one.metrics_after is not None), None)
    return before, after


def _grown(before: str, after: str, name: str, **labels: str) -> float | None:
    """By how much; a series that was not there before began at nothing. None where it is not there now."""
    now = total(after, name, **labels) if name else None
    return now - (total(before, name, **labels) or 0.0) if now is not None else None


def _counts(heard: Sequence[Heard], terms: Terms, before: str, after: str) -> list[tuple[bool, str]]:
    """(agrees, in words) of each counter and gauge that is there."""
    names, told = terms.metrics, []
    whole = [one for one in heard if hearing.finished(one)]
    streams = _grown(before, after, names.streams)
    if streams is not None:
        told.append((streams == len(heard), f"{streams:.0f} streams counted"))
        if names.outcome:
            went_well = _grown(before, after, names.streams, **{names.outcome: names.completed}) or 0.0
            told.append((went_well == len(whole), f"{went_well:.0f} of {len(whole)} whole answers"))
    tokens = _grown(before, after, names.tokens)
    if tokens is not None:
        least = sum(hearing.written(one) for one in whole)
        # What a broken answer counts for is open, and so is every attempt at it.
        most = sum(row.emitted_tokens for one in heard for row in one.ledger)
        told.append((least <= tokens <= most, f"{tokens:.0f} tokens of {least} to {most}"))
    still = total(after, names.open) if names.open else None
    if still is not None:
        told.append((still <= (total(before, names.open) or 0.0), f"{still:.0f} streams open at the end"))
    return told


def _times(heard: Sequence[Heard], terms: Terms, before: str, after: str) -> list[tuple[bool, str]]:
    """(agrees, in words) of the sums of each time that is there, with the number of its samples."""
    told = []
    for name, what, spans in (
        (terms.metrics.ttft_s, "time to first token", [_first_ms(one) for one in heard]),
        (terms.metrics.total_s, "total time", [_total_ms(one) for one in heard]),
    ):
        number, seconds = _grown(before, after, f"{name}_count"), _grown(before, after, f"{name}_sum")
        if not name or number is None or seconds is None:
            continue
        known = [span for span in spans if span is not None]
        low, high = (sum(span[side] for span in known) / 1000 for side in (0, 1))
        right = number == len(known) and not outside(seconds, low, high, _LEAST_S * len(known))
        told.append(
            (right, f"{what} {seconds:.2f} s in {number:.0f} samples, measured {high:.2f} s in {len(known)}")
        )
    return told


def _first_ms(heard: Heard) -> tuple[float, float] | None:
    """The provider's and the user's, which bound the system's."""
    record, row = heard.record, heard.ledger[-1]
    return _pair(
        span_ms(row.received_ns, row.first_token_ns), span_ms(record.sent_ns, record.first_content_ns)
    )


def _total_ms(heard: Heard) -> tuple[float, float] | None:
    record, row = heard.record, heard.ledger[-1]
    return _pair(span_ms(row.received_ns, row.closed_ns), span_ms(record.sent_ns, record.closed_ns))


def _pair(low: float | None, high: float | None) -> tuple[float, float] | None:
    return (low, high) if low is not None and high is not None else None


CHECK = Check(
    id="metrics_agree",
    group="observability",
    promise="The system's metrics count streams, tokens and times as they were.",
    how="Its metrics are read before and after four answers, one of them broken; what they grew by is held "
    "against what was measured.",
    fix="Count each stream once, where it ends, with how it ended; add the provider's token counts, and the "
    "time to first token in seconds from the request to the first token with text.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock", "metrics"}),
    stage="alone",
)
