"""Frames that differ from one another in a single text, read without reading them whole.

A provider writes the same id, model and nulls around every piece of an answer. When one frame has been read
in full, the bytes around its text are known, and a frame that has the same bytes around a JSON string says
the same but for that text. That a place in a frame is the one where its text stands is not guessed: the frame
is read once more with a text of ours put there.
"""

from collections.abc import Callable, Sequence

import msgspec

from harness.dialects import jsontext
from harness.dialects.events import UNREADABLE, Kind, TokenEvent
from harness.wire.frame import Frame

_TRIES = 8  # a provider whose frames are all different is not asked for ever
_OURS = TokenEvent(Kind.TEXT, "\x1astreamproof\x1a")
_string = msgspec.json.Decoder(str).decode

Read = Callable[[Frame], Sequence[TokenEvent]]


class Likeness:
    """What the frames of one answer have in common; `read` is how a frame is read in full.

    It must hold no state that a frame of nothing but text could change a second time. `event` is the frames'
    own, `before` and `after` are the bytes around the text, its quotes included, while they are `known`.
    """

    __slots__ = ("_tries", "after", "before", "event")

    def __init__(self) -> None:
        self.before = self.after = b""
        self.event = ""
        self._tries = 0

    @property
    def known(self) -> bool:
        return bool(self.before)

    def text(self, frame: Frame) -> str:
        """The text of a frame that is like the learned one; "" if it is not, and must be read in full."""
        before, after, data = self.before, self.after, frame.data
        if not (before and data.startswith(before) and data.endswith(after) and frame.event == self.event):
            return ""
        return text_between(data, len(before), len(after))

    def learn(self, frame: Frame, events: Sequence[TokenEvent], read: Read) -> None:
        """Take `frame`, which means `events`, for an example if it means a text and nothing else."""
        if self._tries == _TRIES or len(events) != 1 or events[0].kind is not Kind.TEXT:
            return
        self._tries += 1
        text = jsontext.encode(events[0].text)
        before, found, after = frame.data.partition(text)
        ours = Frame(before + jsontext.encode(_OURS.text) + after, frame.event)
        if found and after and [*read(ours)] == [_OURS]:
            self.before, self.after, self.event = before + b'"', b'"' + after, frame.event

    def forget(self) -> None:
        """For good: from now on a text means something else, or nothing."""
        self.before, self._tries = b"", _TRIES


def text_between(data: bytes, before: int, after: int) -> str:
    """The JSON string between the first `before` and the last `after` bytes, both with a quote of it; "" if
    there is none."""
    try:
        return _string(data[before - 1 : len(data) - after + 1])
    except UNREADABLE:
        return ""
