"""What is noted of each read of an answer's body."""

import struct
from array import array

from harness.record import StreamRecord

_COLUMNS = 5
_EVENTS = 3
_ROOM = 128 * _COLUMNS
_MOST_US = 2**31 - 1
_five = struct.Struct("@5i").pack  # with `frombytes` less than half of what appending costs


class Reads(array):  # type: ignore[type-arg]  # array("i"): the newest reads, five numbers each
    """All numbers of a read lie in one place: what lies apart must be fetched apart, for each of thousands of
    streams. An array that grows takes half as much again as it holds, so old reads are put away exactly.
    """

    __slots__ = ("_old",)

    _old: list[bytes]

    def __new__(cls) -> "Reads":
        reads: Reads = super().__new__(cls, "i")  # type: ignore[assignment]
        reads._old = []
        return reads

    def note(self, offset_ns: int, lag_ns: int, size: int, events: int, tokens: int) -> None:
        """A read of `size` body bytes that came `offset_ns` after the request went out, and that we took in
        `lag_ns` later. It held `events` with content and completed `tokens` canonical tokens."""
        us, lag_us = offset_ns // 1000, lag_ns // 1000
        if us > _MOST_US or lag_us > _MOST_US:
            us, lag_us = min(us, _MOST_US), min(lag_us, _MOST_US)
        if len(self) == _ROOM:
            self._old.append(self.tobytes())
            del self[:]
        self.frombytes(_five(us, lag_us, size, events, tokens))

    def amend(self, events: int, tokens: int) -> None:
        """The last read held these: its content was understood later."""
        self[-2:] = array("i", (events, tokens))

    @property
    def events(self) -> int:
        """With content, in all reads so far."""
        return sum(self._all()[_EVENTS::_COLUMNS])

    def write(self, record: StreamRecord) -> None:
        """Fill the record's arrays, and the counts that are their sums."""
        every = self._all()
        columns = [every[column::_COLUMNS] for column in range(_COLUMNS)]
        record.read_us, record.read_lag_us, record.read_bytes, record.read_events, record.read_tokens = (
            column.tobytes() for column in columns
        )
        record.body_bytes, record.content_events, record.tokens = map(sum, columns[2:])

    def _all(self) -> "array[int]":
        return array("i", b"".join((*self._old, self.tobytes())))
