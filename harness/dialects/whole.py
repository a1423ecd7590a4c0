"""A decoder for answers in one piece, of any dialect that can read one."""

from collections.abc import Callable, Sequence

from harness.dialects.events import Completion, Kind, TokenEvent
from harness.wire.frame import Frame

ReadWhole = Callable[[bytes], Sequence[TokenEvent]]  # a dialect's `read_whole`


class WholeDecoder:
    """The one frame of a whole answer -> token events. Complete is what ends with END."""

    __slots__ = ("_read", "after_done", "completion")

    def __init__(self, read: ReadWhole) -> None:
        self._read = read
        self.completion = Completion.OPEN
        self.after_done = 0

    def feed(self, frame: Frame) -> Sequence[TokenEvent]:
        events = self._read(frame.data)
        if events and events[-1].kind is Kind.END:
            self.completion = Completion.FULL
        return events
