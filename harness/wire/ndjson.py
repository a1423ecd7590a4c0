"""Newline-delimited JSON: every line is a frame (as Ollama streams it). Only LF ends a line."""

from harness.wire.frame import MAX_LINE, Frame, WireError


def encode(data: bytes) -> bytes:
    """One frame. `data` is JSON without raw line ends, as JSON encoders write it."""
    return data + b"\n"


class NdjsonDecoder:
    """Feed bytes, get the lines that they completed; blank lines are no frames.

    `leftover` says after the end whether a line without its LF was dropped.
    """

    __slots__ = ("_rest", "_size")

    def __init__(self) -> None:
        self._rest: list[bytes] = []  # pieces of the line that has not ended yet, none with a LF
        self._size = 0

    @property
    def leftover(self) -> bool:
        return any(piece.strip() for piece in self._rest)

    def feed(self, data: bytes) -> list[Frame]:
        """Take the bytes of one read. Raises WireError when a line outgrows its bound."""
        *ended, rest = data.split(b"\n")
        if ended and self._rest:
            ended[0] = b"".join(self._rest) + ended[0]
            self._rest, self._size = [], 0
        if rest:
            self._rest.append(rest)
            self._size += len(rest)
        frames: list[Frame] = []
        for line in ended:
            self._refuse_long(len(line), frames)
            if stripped := line.strip(b" \t\r"):
                frames.append(Frame(stripped))
        self._refuse_long(self._size, frames)
        return frames

    def _refuse_long(self, size: int, frames: list[Frame]) -> None:
        if size > MAX_LINE:
            self._rest, self._size = [], 0
            raise WireError(f"an NDJSON line is longer than {MAX_LINE} bytes", frames)
