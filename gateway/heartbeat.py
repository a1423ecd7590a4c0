"""When a silent stream must give a sign of life. Pure; instants are seconds of any one clock."""

from harness.wire import sse


class Heartbeat:
    """A comment for users, and for proxies on the way, who have heard nothing for `every_s` seconds."""

    data = sse.comment("heartbeat")

    def __init__(self, every_s: float, now: float) -> None:
        self._every_s = every_s
        self.due = now + every_s

    def told(self, now: float) -> None:
        """Something has been sent."""
        self.due = now + self._every_s
