"""A user who leaves on purpose: decided before the stream starts, from the plan and the seed."""

from collections.abc import Callable

import msgspec

from harness import clock
from harness.plan.draws import Rng
from harness.plan.phases import Leave
from harness.record import StreamRecord

_BEFORE_FIRST_NS = 50 * clock.MS  # the request has gone out, no model answers this fast


class Leaving(msgspec.Struct, frozen=True):
    """When and how one user leaves."""

    at_token: int | None = None
    after_s: float | None = None
    before_first: bool = False
    rst: bool = False
    stop_reading: bool = False

    def due(self, record: StreamRecord, now_ns: int) -> bool:
        """Whether a user who goes by the clock leaves now. Token positions are the reception's business."""
        if record.sent_ns is None:
            return False
        if self.after_s is not None:
            return now_ns - record.sent_ns >= self.after_s * clock.SECOND
        return (
            self.before_first
            and record.first_content_ns is None
            and now_ns - record.sent_ns >= _BEFORE_FIRST_NS
        )


def draw_leaving(leave: Leave | None, rng: Callable[[], Rng]) -> Leaving | None:
    """Whether this stream's user leaves, drawn by the plan's share. `rng` is made where there is a choice."""
    if leave is None or rng().random() >= leave.share:
        return None
    return Leaving(
        at_token=leave.at_token,
        after_s=leave.after_s,
        before_first=leave.before_first,
        rst=leave.how == "rst",
        stop_reading=leave.how == "stop_reading",
    )
