"""Which of a user's time limits has run out. Pure."""

from harness import clock
from harness.plan.target import Limits
from harness.record import StreamRecord
from harness.transports.reception import Cause


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
