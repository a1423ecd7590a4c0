"""What the system adds to the time to first token."""

from collections.abc import Sequence
from statistics import median

from harness.checks.audit import hearing
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.clock import MS

LIMIT_MS = 100.0  # what people still take for at once
_QUESTIONS, _EVERY_S = 9, 0.2
_ENOUGH = 5


def ask(terms: Terms) -> Sequence[Question]:
    # One after the other, for what a crowd costs is not the question, and with a gap after the first token,
    # so that a buffer which waits for company is seen.
    return [
        Question(
            name=f"question {number + 1}",
            start_s=number * _EVERY_S,
            tokens=6,
            ttft_ms=100,
            itl_ms=100,
            limits=hearing.BRIEF,
        )
        for number in range(_QUESTIONS)
    ]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    split = [found for found in map(_split, heard) if found is not None]
    if len(split) < _ENOUGH:
        return hearing.unjudged(
            f"Only {len(split)} of {len(heard)} questions got a first token after one attempt: "
            f"{hearing.endings(heard)}."
        )
    added = sorted(before + after for before, after in split)
    low, middle = added[len(added) // 4], median(added)
    before, after = median(one for one, _ in split), median(one for _, one in split)
    said = (
        f"The system added {middle:.1f} ms to the time to first token (median of {len(added)}, "
        f"{added[0]:.1f} to {added[-1]:.1f}): {before:.1f} ms before it asked the provider and {after:.1f} "
        "ms with the first token in its hands"
    )
    if low <= LIMIT_MS < middle:
        return Finding(
            state="INCONCLUSIVE",
            evidence=f"{said}; a quarter of them were within {LIMIT_MS:g} ms, so the machine may be to "
            "blame.",
            value=middle,
            limit=LIMIT_MS,
            unit="ms",
            fix="Audit on a machine with less to do.",
        )
    slow = middle > LIMIT_MS
    if slow and middle - terms.direct_hold_ms <= LIMIT_MS:
        return Finding(
            state="INVALID",
            evidence=f"{said}; but without the system tokens took {terms.direct_hold_ms:.0f} ms as well.",
            value=middle,
            limit=LIMIT_MS,
            unit="ms",
            fix="Audit on a machine with less to do.",
        )
    return Finding(
        state="FAIL" if slow else "PASS",
        evidence=f"{said}.",
        value=middle,
        limit=LIMIT_MS,
        unit="ms",
        fix=_fix(before, after) if slow else "",
        streams=hearing.streams(heard) if slow else [],
    )


def _split(one: Heard) -> tuple[float, float] | None:
    """Milliseconds until the system asked, and from the provider's first token to its user."""
    record = one.record
    if len(one.ledger) != 1 or record.sent_ns is None or record.first_content_ns is None:
        return None
    row = one.ledger[0]
    if row.first_token_ns is None:
        return None
    return (row.received_ns - record.sent_ns) / MS, (record.first_content_ns - row.first_token_ns) / MS


def _fix(before: float, after: float) -> str:
    if before > after:
        return (
            "The time goes before the provider is asked: keep its connections open and pooled (a TLS "
            "handshake for each answer costs two round trips), and do moderation, look-ups and logging "
            "beside the request instead of before it."
        )
    return (
        "The time goes while the first token is held: write and flush each event as it comes (nginx: "
        "`proxy_buffering off` or `X-Accel-Buffering: no`; compression: flush with every event), and switch "
        "Nagle's algorithm off (TCP_NODELAY)."
    )


CHECK = Check(
    id="passes_first_token_on",
    group="latency",
    promise=f"The system adds at most {LIMIT_MS:g} ms to the provider's time to first token.",
    how=f"{_QUESTIONS} questions, one every {_EVERY_S:g} s: from the request's last byte to its arrival at "
    "the provider, and from the first token's writing to its arrival at the user, less what the audit itself "
    "takes.",
    fix="Compare the two parts in the evidence: one is before the provider is asked, the other after.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
    stage="alone",
    weight=2,
)
