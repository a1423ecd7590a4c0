"""Newline-delimited JSON: every line is a frame (as Ollama streams it). Only LF ends a line."""

from harness.wire.frame import MAX_LINE, Frame, WireError


def encode(data: bytes) -> bytes:
    """One frame. `data` is JSON without raw line ends, as JSON encoders write it."""
    return data + b"\n"


class NdjsonDecoder:
    """Feed bytes, get the lines that they completed; blank lines are no frames.

    `leftover` says after the end whether a line without its LF was dropped. `comments` is always 0: the
    format has none.
    """

    __slots__ = ("_rest", "comments")

    def __init__(self) -> None:
        self._rest = bytearray()  # the line that has not ended yet; holds no LF, so it is never scanned again
        self.comments = 0

    @property
    def leftover(self) -> bool:
        return bool(self._rest.strip())

    def feed(self, data: bytes) -> list[Frame]:
        """Take the bytes of one read. Raises WireError when a line outgrows its bound."""
        *ended, rest = data.split(b"\n")
        if ended and self._rest:
            ended[0] = bytes(self._rest) + ended[0]
            self._rest.clear()
        self._rest += rest
        frames: list[Frame] = []
        for line in ended:
            self._refuse_long(len(line), frames)
            if stripped := line.strip(b" \t\r"):
                frames.append(Frame(stripped))
        self._refuse_long(len(self._rest), frames)
        return frames

    def _refuse_long(self, size: int, frames: list[Frame]) -> None:
        if size > MAX_LINE:
            self._rest.clear()
            raise WireError(f"an NDJSON line is longer than {MAX_LINE} bytes", frames)
