"""Which of a user's time limits has run out. Pure."""

from harness import clock
from harness.plan.target import Limits
from harness.record import StreamRecord
from harness.transports.ending import Cause


def look_again_ns(record: StreamRecord, last_read_ns: int, limits: Limits, now_ns: int) -> int:
    """An instant before which no limit can run out, whatever arrives until then.

    What runs now may run out at its own time; what a later byte starts runs at least as long from now.
    """
    start_ns = record.dispatched_ns or record.intended_ns
    first_ns = now_ns if record.sent_ns is None else record.sent_ns
    idle_ns = now_ns if record.headers_ns is None else last_read_ns
    waits = [
        (start_ns, limits.total_s),
        (idle_ns, limits.idle_s),
        (first_ns, limits.headers_s) if record.headers_ns is None else None,
        (first_ns, limits.first_content_s) if record.first_content_ns is None else None,
    ]
    return min(since_ns + int(limit_s * clock.SECOND) for since_ns, limit_s in filter(None, waits))


def expired(record: StreamRecord, last_read_ns: int, limits: Limits, now_ns: int) -> Cause | None:
    """The limit that a stream has broken at `now_ns`, if any.

    Counted from the start of the attempt, except the idle limit, which any byte restarts. A role chunk, a
    ping or a comment satisfies no first-content limit.
    """
    start_ns = record.dispatched_ns or record.intended_ns

    def over(since_ns: int, limit_s: float) -> bool:
        return now_ns - since_ns > limit_s * clock.SECOND

    if over(start_ns, limits.total_s):
        return Cause.TIMEOUT_TOTAL
    if record.sent_ns is None:
        return None  # connecting has its own limit
    if record.headers_ns is None and over(record.sent_ns, limits.headers_s):
        return Cause.TIMEOUT_HEADERS
    if record.first_content_ns is None and over(record.sent_ns, limits.first_content_s):
        return Cause.TIMEOUT_FIRST
    if record.headers_ns is not None and over(last_read_ns, limits.idle_s):
        return Cause.TIMEOUT_IDLE
    return None
