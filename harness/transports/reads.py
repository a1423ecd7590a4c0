"""What is noted of each read of an answer's body."""

import struct
from array import array

from harness.record import StreamRecord

_COLUMNS = 5
_EVENTS = 3
_MOST_US = 2**31 - 1
_five = struct.Struct("@5i").pack  # with `frombytes` less than half of what appending costs


class Reads(array):  # type: ignore[type-arg]  # array("i"); five numbers a read
    """All in one place: what lies apart must be fetched apart, and there are thousands of streams."""

    __slots__ = ()

    def __new__(cls) -> "Reads":
        return super().__new__(cls, "i")  # type: ignore[return-value]

    def note(self, offset_ns: int, lag_ns: int, size: int, events: int, tokens: int) -> None:
        """A read of `size` body bytes that came `offset_ns` after the request went out, and that we took in
        `lag_ns` later. It held `events` with content and completed `tokens` canonical tokens."""
        us, lag_us = offset_ns // 1000, lag_ns // 1000
        if us > _MOST_US or lag_us > _MOST_US:
            us, lag_us = min(us, _MOST_US), min(lag_us, _MOST_US)
        self.frombytes(_five(us, lag_us, size, events, tokens))

    def amend(self, events: int, tokens: int) -> None:
        """The last read held these: its content was understood later."""
        self[-2:] = array("i", (events, tokens))

    @property
    def events(self) -> int:
        """With content, in all reads so far."""
        return sum(self[_EVENTS::_COLUMNS])

    def write(self, record: StreamRecord) -> None:
        """Fill the record's arrays, and the counts that are their sums."""
        columns = [self[column::_COLUMNS] for column in range(_COLUMNS)]
        record.read_us, record.read_lag_us, record.read_bytes, record.read_events, record.read_tokens = (
            column.tobytes() for column in columns
        )
        record.body_bytes, record.content_events, record.tokens = map(sum, columns[2:])
