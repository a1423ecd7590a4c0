"""When collected text leaves: at once, or in chunks. Pure; instants are seconds of any one clock."""

import math

from harness.dialects.events import TokenEvent


class Chunks:
    """Content that waits to be sent together.

    The first of an answer never waits, so that chunks do not cost time to first token; what follows is
    held for `flush_s` at most, or until it is `flush_bytes` big (0: by time alone). With `flush_s` 0 nothing
    waits.
    """

    def __init__(self, flush_s: float = 0.0, flush_bytes: int = 0) -> None:
        self._flush_s, self._flush_bytes = flush_s, flush_bytes
        self._waiting: list[TokenEvent] = []
        self._size = 0
        self._begun = False
        self.due = math.inf  # when what waits is to leave; infinite where nothing waits

    def add(self, events: list[TokenEvent], now: float) -> None:
        if not events:
            return
        if not self._waiting:
            self.due = now + self._flush_s if self._begun else now
        self._waiting += events
        self._size += sum(len(event.text.encode()) for event in events) if self._flush_bytes else 0
        if self._flush_bytes and self._size >= self._flush_bytes:
            self.due = now

    def take(self) -> list[TokenEvent]:
        """All that waits; none of it waits any longer."""
        taken, self._waiting = self._waiting, []
        self._begun = self._begun or bool(taken)
        self._size, self.due = 0, math.inf
        return taken
