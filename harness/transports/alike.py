"""Reads that differ from one another in a single text, understood without being taken apart.

Most servers write an answer one HTTP chunk a token, each chunk one event, and each event the same but for its
text (`harness.dialects.likeness`). Once every layer stands between two of its units, a read that is such a
chunk from its first byte to its last leaves all of them where they were, so none of them need see it.
"""

from collections.abc import Sequence
from functools import lru_cache

from harness.dialects.likeness import Likeness, text_between

_LINE_ENDS = 4  # bytes: one after the chunk's size, one after its data
_MOST_DIGITS = 8  # of a chunk's size; more is left to HTTP


@lru_cache(1024)
def _digits(size: int) -> bytes:
    """As HTTP writes a size; far fewer sizes than chunks go by."""
    return b"%x" % size


class Alike:
    """What a read is expected to be but for its text, for as long as all reads are so."""

    __slots__ = ("_after", "_before", "_reach")

    def __init__(self) -> None:
        self._before = self._after = b""  # of the text, within its read and without the chunk's size
        self._reach = 0  # how far into a read `_before` may end

    def understand(self, data: bytes) -> tuple[str, int] | None:
        """(text, size of the chunk) of a read that is alike. None for any other, which must go through every
        layer, and after which nothing is known of them."""
        before = self._before
        if before:
            at = data.find(before, 1, self._reach)
            if at > 0 and data.endswith(self._after):
                size = len(data) - at - _LINE_ENDS
                if data[:at].lower() == _digits(size):
                    text = text_between(data, at + len(before), len(self._after))
                    if text:
                        return text, size
            self._before = b""
        return None

    def learn(self, data: bytes, bodies: Sequence[bytes], likeness: Likeness) -> None:
        """Take `data`, in which HTTP found `bodies`, for an example if it is one.

        Where the read is one chunk and HTTP found all of that chunk's data in it and nothing more, HTTP has
        seen the chunk's end and stands between two chunks. A blank line ends whatever event there was.
        """
        if len(bodies) != 1 or not likeness.known:
            return
        (body,) = bodies
        event = b"event: %b\n" % likeness.event.encode() if likeness.event else b""
        before, after = event + b"data: " + likeness.before, likeness.after + b"\n\n"
        _, _, chunk = data.partition(b"\r\n")
        if body.startswith(before) and body.endswith(after) and chunk == body + b"\r\n":
            self._before, self._after = b"\r\n" + before, after + b"\r\n"
            self._reach = _MOST_DIGITS + len(self._before)
