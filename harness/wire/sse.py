"""Server-sent events, both directions (WHATWG HTML, section "Server-sent events").

Frames depend on the bytes alone, never on how reads cut them. A CR at the end of a read may be half of a
CRLF; waiting would stamp its frame with the next read's time, so the line ends at once and a following LF
is skipped. Only CR and LF end lines: U+2028 and its kin are content.
"""

from harness.wire.frame import MAX_FRAME, MAX_LINE, Frame, WireError

_BOM = b"\xef\xbb\xbf"


def encode(data: str, event: str = "", id: str = "") -> bytes:
    """One event, ended by its blank line. `data` may hold LF and becomes several data lines."""
    head = (f"event: {event}\n" if event else "") + (f"id: {id}\n" if id else "")
    lines = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"{head}{lines}\n".encode()


def comment(text: str = "") -> bytes:
    """A comment: proves life, is never content."""
    return f": {text}\n\n".encode()


class SseDecoder:
    """Feed bytes, get the frames that they completed.

    `comments` counts comment lines, `leftover` says after the end whether an undispatched event was
    dropped, `retry_ms` is the last reconnection time the server asked for.
    """

    __slots__ = (
        "_bom", "_data", "_event", "_has_data", "_id", "_rest", "_scanned", "_size", "_skip_lf", "comments",
        "retry_ms",
    )  # fmt: skip

    def __init__(self) -> None:
        self._rest = bytearray()  # bytes of the line that has not ended yet
        self._scanned = 0  # how many of them hold no line end for certain
        self._skip_lf = False
        self._bom = True
        self._data: list[bytes] = []
        self._has_data = False
        self._size = 0
        self._event = ""
        self._id = ""
        self.comments = 0
        self.retry_ms: int | None = None

    @property
    def leftover(self) -> bool:
        """Whether bytes of an event are held that no blank line has dispatched."""
        return bool(self._rest) or self._has_data

    def feed(self, data: bytes) -> list[Frame]:
        """Take the bytes of one read. Raises WireError when a line or frame outgrows its bound."""
        if not self._rest and not self._has_data and not self._bom and not self._skip_lf and not self._event:
            quick = self._plain_events(data)
            if quick is not None:
                return quick
        return self._lines(data)

    def _plain_events(self, data: bytes) -> list[Frame] | None:
        # Nearly all traffic is whole events of one data line each; this path costs a third of the other.
        if not data.endswith(b"\n\n") or b"\r" in data or len(data) > MAX_LINE:
            return None
        blocks = data[:-2].split(b"\n\n")
        frames = []
        for block in blocks:
            if not block.startswith(b"data: ") or b"\n" in block:
                return None
            frames.append(Frame(block[6:], "", self._id))
        return frames

    def _lines(self, data: bytes) -> list[Frame]:
        frames: list[Frame] = []
        if self._skip_lf and data:
            self._skip_lf = False
            if data.startswith(b"\n"):
                data = data[1:]
        buffer = self._rest
        buffer += data
        start, position = 0, self._scanned
        if self._bom and buffer:
            if len(buffer) < 3 and _BOM.startswith(buffer):
                return frames  # may still become a byte order mark
            self._bom = False
            if buffer.startswith(_BOM):
                start = position = 3
        cr = buffer.find(b"\r", position)
        lf = buffer.find(b"\n", position)
        while cr >= 0 or lf >= 0:
            end = lf if cr < 0 or 0 <= lf < cr else cr
            if end - start > MAX_LINE:
                raise WireError(f"an SSE line is longer than {MAX_LINE} bytes")
            self._line(bytes(buffer[start:end]), frames)
            start = end + 1
            if end == cr:
                if start == len(buffer):
                    self._skip_lf = True
                elif buffer[start] == 10:
                    start += 1
                cr = buffer.find(b"\r", start)
            if 0 <= lf < start:
                lf = buffer.find(b"\n", start)
        del buffer[:start]
        self._scanned = len(buffer)
        if self._scanned > MAX_LINE:
            raise WireError(f"an SSE line is longer than {MAX_LINE} bytes")
        return frames

    def _line(self, line: bytes, frames: list[Frame]) -> None:
        if not line:
            if self._has_data:
                frames.append(Frame(b"\n".join(self._data), self._event, self._id))
            self._data, self._has_data, self._size, self._event = [], False, 0, ""
            return
        if line.startswith(b":"):
            self.comments += 1
            return
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._size += len(value) + 1
            if self._size > MAX_FRAME:
                raise WireError(f"an SSE event is larger than {MAX_FRAME} bytes")
            self._data.append(value)
            self._has_data = True
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit():
            self.retry_ms = int(value)
