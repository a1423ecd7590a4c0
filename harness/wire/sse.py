"""Server-sent events, both directions (WHATWG HTML, section "Server-sent events").

Frames depend on the bytes alone, never on how reads cut them. A CR at the end of a read may be half of a
CRLF; waiting would stamp its frame with the next read's time, so the line ends at once and a following LF
is skipped. Only CR and LF end lines: U+2028 and its kin are content.
"""

from harness.wire.frame import MAX_FRAME, MAX_LINE, Frame, WireError

_BOM = b"\xef\xbb\xbf"
_MAX_RETRY_DIGITS = 18  # more is nobody's delay, and int() refuses thousands of digits


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
        "_bom", "_broken", "_clean", "_data", "_event", "_has_data", "_id", "_rest", "_scanned", "_skip_lf",
        "comments", "retry_ms",
    )  # fmt: skip

    def __init__(self) -> None:
        self._clean = False  # between two events, with nothing held: whole events may take the short way
        self._broken = ""
        self._rest = bytearray()  # bytes of the line that has not ended yet
        self._scanned = 0  # how many of them hold no line end for certain
        self._skip_lf = False
        self._bom = True
        self._data = bytearray()  # data lines of the open event, each with a LF
        self._has_data = False
        self._event = ""
        self._id = ""
        self.comments = 0
        self.retry_ms: int | None = None

    @property
    def leftover(self) -> bool:
        """Whether bytes of an event are held that no blank line has dispatched."""
        return bool(self._rest) or self._has_data

    def feed(self, data: bytes) -> list[Frame]:
        """Take the bytes of one read.

        Raises WireError when a line or frame outgrows its bound, and from then on; its `completed` holds
        the frames before it.
        """
        if self._clean and data.endswith(b"\n\n") and data.find(b"\r") < 0 and len(data) <= MAX_LINE:
            frame = self._plain_event(data[:-2])  # alone in its read: the usual case
            if frame is not None:
                return [frame]
        frames: list[Frame] = []
        if not self._clean:
            end = data.find(b"\n\n") + 2  # finish the open event, then perhaps the short way
            self._lines(data[:end] if end > 1 else data, frames)
            if end < 2 or end == len(data):
                return frames
            data = data[end:]
        if not self._clean or len(data) > MAX_LINE or b"\r" in data:
            self._lines(data, frames)
        else:
            self._whole_events(data, frames)
        return frames

    def _plain_event(self, event: bytes) -> Frame | None:
        """The frame of an event, given without its end, of one data line with perhaps one `event` or `id`
        before it; None for any other. Nearly all events are such, and the long way costs thrice as much.
        """
        end = event.find(b"\n")
        if end < 0:
            return Frame(event[6:], "", self._id) if event.startswith(b"data: ") else None
        if event[end + 1 : end + 7] != b"data: " or event.find(b"\n", end + 1) >= 0:
            return None
        if event.startswith(b"event: "):
            return Frame(event[end + 7 :], event[7:end].decode("utf-8", "replace"), self._id)
        if event.startswith(b"id: ") and event.find(b"\0", 0, end) < 0:
            self._id = event[4:end].decode("utf-8", "replace")
            return Frame(event[end + 7 :], "", self._id)
        return None

    def _whole_events(self, data: bytes, frames: list[Frame]) -> None:
        *events, tail = data.split(b"\n\n")
        for event in events:
            frame = self._plain_event(event)
            if frame is not None:
                frames.append(frame)
            else:
                self._lines(event + b"\n\n", frames)
        if tail:
            self._lines(tail, frames)

    def _lines(self, data: bytes, frames: list[Frame]) -> None:
        if self._broken:
            raise WireError(self._broken)
        if self._skip_lf and data:
            self._skip_lf = False
            if data.startswith(b"\n"):
                data = data[1:]
        buffer = self._rest
        buffer += data
        start, position = 0, self._scanned
        if self._bom and buffer:
            if len(buffer) < 3 and _BOM.startswith(buffer):
                return  # may still become a byte order mark
            self._bom = False
            if buffer.startswith(_BOM):
                start = position = 3
        cr = buffer.find(b"\r", position)
        lf = buffer.find(b"\n", position)
        while cr >= 0 or lf >= 0:
            end = lf if cr < 0 or 0 <= lf < cr else cr
            if end - start > MAX_LINE:
                self._refuse(f"an SSE line is longer than {MAX_LINE} bytes", frames)
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
            self._refuse(f"an SSE line is longer than {MAX_LINE} bytes", frames)
        self._clean = not (buffer or self._has_data or self._skip_lf or self._bom or self._event)

    def _line(self, line: bytes, frames: list[Frame]) -> None:
        if not line:
            if self._has_data:
                frames.append(Frame(bytes(self._data[:-1]), self._event, self._id))
                self._data.clear()
                self._has_data = False
            self._event = ""
            return
        if line.startswith(b":"):
            self.comments += 1
            return
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data += value
            self._data += b"\n"
            self._has_data = True
            if len(self._data) > MAX_FRAME:
                self._refuse(f"an SSE event is larger than {MAX_FRAME} bytes", frames)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit() and len(value) <= _MAX_RETRY_DIGITS:
            self.retry_ms = int(value)

    def _refuse(self, reason: str, frames: list[Frame]) -> None:
        self._broken, self._clean = reason, False
        self._rest.clear()
        self._data.clear()
        raise WireError(reason, frames)
