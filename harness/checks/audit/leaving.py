"""What the provider heard of users who left, by its own book; shared by the checks of leaving."""

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from harness.checks.audit.check import Finding, Heard
from harness.clock import MS
from harness.record import LedgerRow, Outcome

MORE_S = 3.0  # how much longer than allowed an answer must last, so that going on shows
LATEST_S = 1.0  # when a user leaves to whom the token has not come: a path that collects shall be judged too


class Left(msgspec.Struct, frozen=True):
    """One user who left while the provider was at work."""

    stream: int
    notice_ms: float  # from leaving to the provider's notice; infinite where it never noticed
    wasted: int  # tokens written after it
    finished: bool  # the provider wrote all that it had planned


def lasting_tokens(allowed_s: float, itl_ms: float) -> int:
    """How long an answer must be for its provider to be at work when all patience is over."""
    return math.ceil((LATEST_S + allowed_s + MORE_S) * 1000 / itl_ms)


def left_ns(heard: Heard) -> int | None:
    """When the user left; None for one who did not."""
    if heard.left_ns is not None:
        return heard.left_ns
    return heard.record.closed_ns if heard.record.outcome is Outcome.CANCELLED else None


def tokens_after(row: LedgerRow, instant_ns: int) -> int:
    """Tokens that the provider wrote after an instant."""
    at_ns = row.received_ns + np.frombuffer(row.emit_us, "<i4").astype(np.int64) * 1000
    return int(np.frombuffer(row.emit_tokens, "<i4")[at_ns > instant_ns].sum())


def judge_leaving(heard: Sequence[Heard], allowed_s: float, *, drains: bool) -> Finding:
    """The finding on users of whom all were to leave. With `drains` the provider must have finished."""
    judged, aside = _sorted(heard, allowed_s * 1000)
    if not judged:
        return Finding(state="INCONCLUSIVE", evidence=f"Nobody left a provider at work: {'; '.join(aside)}.")
    found = _drained(judged) if drains else _cancelled(judged, allowed_s * 1000)
    wasted = sum(left.wasted for left in judged)
    found.evidence += f"; {wasted:,} tokens were generated for nobody"
    found.evidence += f"; not judged: {'; '.join(aside)}." if aside else "."
    return found


def _drained(judged: Sequence[Left]) -> Finding:
    wrong = [left.stream for left in judged if not left.finished]
    done = len(judged) - len(wrong)
    return Finding(
        state="FAIL" if wrong else "PASS",
        evidence=f"{done} of {len(judged)} answers were finished without their user, as declared",
        fix="The system cancels; declare after_disconnect: cancel if that is wanted." if wrong else "",
        streams=wrong,
    )


def _cancelled(judged: Sequence[Left], allowed_ms: float) -> Finding:
    wrong = [left.stream for left in judged if left.notice_ms > allowed_ms]
    slowest = max(left.notice_ms for left in judged)
    noticed = [left.notice_ms for left in judged if math.isfinite(left.notice_ms)]
    usual = f", median of those noticed: {np.median(noticed):.0f} ms" if noticed else ""
    return Finding(
        state="FAIL" if wrong else "PASS",
        evidence=f"{len(judged) - len(wrong)} of {len(judged)} users' leaving reached the provider within "
        f"{allowed_ms:.0f} ms (slowest: {f'{slowest:.0f} ms' if math.isfinite(slowest) else 'never'}{usual})",
        value=slowest if math.isfinite(slowest) else "inf",
        limit=allowed_ms,
        unit="ms",
        streams=wrong,
    )


def _sorted(heard: Sequence[Heard], allowed_ms: float) -> tuple[list[Left], list[str]]:
    """Those that can be judged, and why the others cannot."""
    judged: list[Left] = []
    aside: list[str] = []
    for one in heard:
        found = _left(one, allowed_ms)
        if isinstance(found, Left):
            judged.append(found)
        else:
            aside.append(f"{one.question.name}: {found}")
    return judged, aside


def _left(heard: Heard, allowed_ms: float) -> Left | str:
    since, record = left_ns(heard), heard.record
    if since is None:
        return f"ended by itself ({record.outcome}{', ' + record.detail if record.detail else ''})"
    if not heard.ledger:
        return "the provider never got the request"
    rows = [row for row in heard.ledger if row.closed_ns is None or row.closed_ns > since]
    if not rows:
        return "the provider was done before its user left"
    noticed = [_notice_ms(row, since) for row in rows]
    went_on_ms = max((row.closed_ns - since) / MS if row.closed_ns else math.inf for row in rows)
    if not any(math.isfinite(ms) for ms in noticed) and went_on_ms <= allowed_ms:
        return "the provider was done before it had to notice"
    return Left(
        stream=record.stream,
        notice_ms=max(noticed),
        wasted=sum(tokens_after(row, since) for row in rows),
        finished=any(row.ended_by == "provider" for row in rows),
    )


def _notice_ms(row: LedgerRow, since_ns: int) -> float:
    # An attempt begun after the user had gone is late from its beginning on.
    since_ns = max(since_ns, row.received_ns)
    return max(0.0, (row.peer_left_ns - since_ns) / MS) if row.peer_left_ns is not None else math.inf
