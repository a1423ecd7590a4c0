"""What came of a question, in the terms in which the audit's checks judge it. Pure.

A check looks at one thing and leaves the others to their own checks, so that one bug is one finding.
"""

from collections.abc import Sequence

from harness.checks.audit.check import Finding, Heard
from harness.plan.target import Limits
from harness.record import LedgerRow, Outcome, StreamRecord
from harness.summary import State
from harness.wire.frame import Frame, WireError
from harness.wire.sse import SseDecoder

SHOWN = 10  # streams named by a finding
BRIEF = Limits(headers_s=20, first_content_s=20, idle_s=20, total_s=60)  # for answers of a second or two


def last(heard: Heard) -> LedgerRow | None:
    """The provider's last attempt; None where it was never asked."""
    return heard.ledger[-1] if heard.ledger else None


def written(heard: Heard) -> int:
    """Tokens of text that the provider wrote in its last attempt."""
    row = last(heard)
    return row.emitted_tokens - row.other_tokens if row is not None else 0


def hit(heard: Heard) -> bool:
    """The planned fault was played."""
    return any(row.fault for row in heard.ledger)


def finished(heard: Heard) -> bool:
    """The user was told that the answer is whole.

    A usage above the text looks like a short text to a client; whether the count is right is a promise of its
    own, and hidden reasoning is counted too.
    """
    record = heard.record
    return record.outcome is Outcome.COMPLETED or record.detail == "short_text"


def damage(record: StreamRecord) -> str:
    """`2 lost, 1 altered`; empty for an exact beginning of the answer."""
    kinds = ("lost", "duplicated", "reordered", "crosstalk", "altered")
    counts = ((getattr(record, kind), kind) for kind in kinds)
    return ", ".join(f"{number} {kind}" for number, kind in counts if number)


def whole(heard: Heard) -> bool:
    """Every token of text that the provider wrote arrived, once, in order, and the answer ended as one."""
    return finished(heard) and not damage(heard.record) and heard.record.tokens == written(heard)


def came(heard: Heard) -> str:
    """`23 of 30 tokens (2 lost), then truncated`."""
    record = heard.record
    text = f"{record.tokens} of {written(heard)} tokens"
    if hurt := damage(record):
        text += f" ({hurt})"
    return text if finished(heard) else f"{text}, then {ending(record)}"


def ending(record: StreamRecord) -> str:
    """`error_event upstream_died`, `refused http_502`, `truncated_fin`: nothing is said twice."""
    outcome, detail = str(record.outcome), record.error_code or record.detail
    if outcome.startswith(detail):
        return outcome
    return detail if detail.startswith(outcome) else f"{outcome} {detail}"


def frames(heard: Heard) -> list[Frame]:
    """The wire messages of a streamed body, whatever they mean."""
    try:
        return SseDecoder().feed(heard.body)
    except WireError as error:
        return list(error.completed)


def streams(heard: Sequence[Heard]) -> list[int]:
    """Some of their ids."""
    return [one.record.stream for one in heard[:SHOWN]]


def unjudged(why: str, state: State = "INCONCLUSIVE", fix: str = "") -> Finding:
    """There is nothing that could decide the question."""
    return Finding(state=state, evidence=why, fix=fix)


def why_nothing(heard: Sequence[Heard]) -> str:
    """Why none of the questions could be judged: what became of them."""
    if not heard:
        return "Nothing was asked."
    if not any(one.ledger for one in heard):
        return f"None of {len(heard)} questions reached the provider: {endings(heard)}."
    return f"None of {len(heard)} questions came to where it could be judged: {endings(heard)}."


def endings(heard: Sequence[Heard]) -> str:
    """`2 refused http_503, 1 completed`."""
    counts: dict[str, int] = {}
    for one in heard:
        how = "completed" if finished(one) else ending(one.record)
        counts[how] = counts.get(how, 0) + 1
    return ", ".join(f"{number} {how}" for how, number in counts.items())
