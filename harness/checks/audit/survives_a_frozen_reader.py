"""One user who stops reading holds up nobody else."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from harness.checks.audit import hearing
from harness.checks.audit.check import Check, Finding, Heard, Leave, Question, Terms
from harness.checks.audit.leaving import LATEST_S
from harness.clock import MS
from harness.dialects.events import CONTENT
from harness.plan.target import Limits
from harness.record import LedgerRow

# Socket buffers of a connection on loopback swallow 3 to 4.3 MB before a write waits (seen), so the frozen
# user's answer is longer than that: 300,000 tokens are 6.7 MB.
_FROZEN_TOKENS = 300_000
_FROZEN_CHUNK = 100
_ENOUGH = 0.75  # of them
_ACCUMULATED_TOKENS = 10_000  # where each event repeats all that came before
_FROZEN_S = 7.5
_READERS = 5
# An event of 500 bytes each 60 ms: a path that collects a few KiB is no frozen one.
_TOKENS, _CHUNK, _ITL_MS = 2_400, 20, 3.0
_LIMIT_MS = 2_000.0


def ask(terms: Terms) -> Sequence[Question]:
    accumulated = terms.dialect.endswith("accumulated")
    tokens = _ACCUMULATED_TOKENS if accumulated else _FROZEN_TOKENS
    frozen = Question(
        name="frozen",
        start_s=0.3,
        tokens=tokens,
        tokens_per_chunk=_FROZEN_CHUNK,
        itl_ms=2_500 / tokens,
        leave=Leave(at_token=_FROZEN_CHUNK + 1, after_s=LATEST_S, how="stop_reading"),
        limits=Limits(headers_s=10, first_content_s=10, idle_s=30, total_s=_FROZEN_S),
    )
    readers = [
        Question(
            name=f"reader {number}",
            tokens=_TOKENS,
            tokens_per_chunk=_CHUNK,
            itl_ms=_ITL_MS,
            limits=hearing.BRIEF,
        )
        for number in range(_READERS)
    ]
    return [frozen, *readers]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    frozen, readers = heard[0], [one for one in heard[1:] if one.ledger]
    if frozen.left_ns is None or not frozen.ledger or not readers:
        return hearing.unjudged(f"Nobody stopped reading in mid-answer: {hearing.endings(heard)}.")
    row = frozen.ledger[-1]
    if not _was_cut(frozen, row) and row.emitted_tokens < _ENOUGH * row.planned_tokens:
        return hearing.unjudged(
            f"The provider wrote only {row.emitted_tokens:,} of {row.planned_tokens:,} tokens to the user "
            "who had stopped reading: too few to fill what lies between."
        )
    since_ns = frozen.left_ns
    wrong = [one for one in readers if pause_ms(one, since_ns) > _LIMIT_MS or not hearing.finished(one)]
    worst = max(pause_ms(one, since_ns) for one in readers)
    evidence = f"While one user did not read {row.emitted_tokens:,} tokens, the longest pause of "
    evidence += f"{len(readers)} others was {worst:.0f} ms"
    broken = [one for one in readers if not hearing.finished(one)]
    evidence += f"; {len(broken)} got no whole answer ({hearing.endings(broken)})" if broken else ""
    return Finding(
        state="FAIL" if wrong else "PASS",
        evidence=evidence + ".",
        value=worst,
        limit=_LIMIT_MS,
        unit="ms",
        streams=hearing.streams(wrong),
    )


def pause_ms(heard: Heard, since_ns: int) -> float:
    """The user's longest wait for content after an instant, less the provider's own longest."""
    came = [one.t_ns for one in heard.events if one.event.kind in CONTENT]
    came = [*came, *([heard.record.closed_ns] if heard.record.closed_ns else [])]
    waits = [later - max(earlier, since_ns) for earlier, later in pairwise(came) if later > since_ns]
    own = max((_own_wait_ns(row) for row in heard.ledger), default=0)
    return max(0, max(waits, default=0) - own) / MS


def _was_cut(frozen: Heard, row: LedgerRow) -> bool:
    """The system gave the frozen user up, which is one way to protect the others."""
    closed_ns = frozen.record.closed_ns
    return row.peer_left_ns is not None and closed_ns is not None and row.peer_left_ns < closed_ns


def _own_wait_ns(row: LedgerRow) -> int:
    emitted = np.frombuffer(row.emit_us, "<i4")
    return int(np.diff(emitted).max()) * 1000 if len(emitted) > 1 else 0


CHECK = Check(
    id="survives_a_frozen_reader",
    group="cancellation",
    promise="A user who stops reading holds up nobody else.",
    how="One user stops reading a fast answer that is longer than all socket buffers; five others go on "
    "reading at the usual pace, and their longest pause is measured.",
    fix="Give each connection its own task and its own bounded buffer; never write to users from one shared "
    "loop or under a shared lock, and end a connection that takes nothing for too long.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
    stage="alone",
)
