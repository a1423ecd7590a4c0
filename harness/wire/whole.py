"""A body that is one frame: the answer in one piece."""

from harness.wire.frame import Frame, WireError

MAX_WHOLE = 16 << 20  # a longer answer is corrupt, not memory


class WholeBody:
    """Feed bytes, get nothing; `end` gives the one frame, once HTTP has ended the body as it must.

    `leftover` says whether bytes came that no `end` followed. `comments` is always 0: there are none.
    """

    __slots__ = ("_body", "comments")

    def __init__(self) -> None:
        self._body = bytearray()
        self.comments = 0

    @property
    def leftover(self) -> bool:
        return bool(self._body.strip())

    def feed(self, data: bytes) -> list[Frame]:
        """Take the bytes of one read. Raises WireError when the body outgrows its bound."""
        self._body += data
        if len(self._body) > MAX_WHOLE:
            self._body.clear()
            raise WireError(f"an answer in one piece is longer than {MAX_WHOLE} bytes")
        return []

    def end(self) -> list[Frame]:
        """The body as a frame; none where there was nothing, or only the blanks that keep a proxy awake."""
        body = bytes(self._body.strip())
        self._body.clear()
        return [Frame(body)] if body else []
