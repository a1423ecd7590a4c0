"""A decoder for dialects whose every frame is one JSON object, and whose last word stands in one of them."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from harness.dialects.events import END, OTHER, UNREADABLE, Completion, TokenEvent, after_end, corrupt
from harness.wire.frame import Frame

T = TypeVar("T")


class ObjectDecoder(Generic[T]):
    """Frames -> token events. Complete is what ends with END.

    `read` makes an object of a frame's data, and raises one of UNREADABLE; `meaning` is never empty.
    """

    __slots__ = ("_meaning", "_read", "after_done", "completion")

    def __init__(self, read: Callable[[bytes], T], meaning: Callable[[T], Sequence[TokenEvent]]) -> None:
        self._read, self._meaning = read, meaning
        self.completion = Completion.OPEN
        self.after_done = 0

    def feed(self, frame: Frame) -> Sequence[TokenEvent]:
        if not frame.data:
            return (OTHER,)
        try:
            said = self._read(frame.data)
        except UNREADABLE as error:
            return corrupt(error)
        events = self._meaning(said)
        if self.completion is Completion.FULL:
            self.after_done += 1
            return after_end(events)
        if events[-1] is END:
            self.completion = Completion.FULL
        return events
