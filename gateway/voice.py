"""Content -> events on the wire, each with the number of the last piece that it holds. Pure."""

from itertools import groupby

from gateway.failure import Failure
from harness.dialects import generic
from harness.dialects.dialect import Reply
from harness.dialects.events import Kind, TokenEvent, Usage


class Voice:
    """Says one answer, or the rest of it after piece `position`.

    Pieces are counted as the provider sent them, text and reasoning alike, so that a number means the same
    place however they are joined: a client that has heard number 7 can go on with 8 on any connection.
    `joined` puts neighbours that are said together into one event.
    """

    def __init__(self, position: int = 0, joined: bool = False) -> None:
        self._encoder = generic.DIALECT.encoder(Reply(id="", model="", created_s=0, resume_at=position))
        self._position = self._told = position  # said so far, and what the encoder knows of it
        self._joined = joined

    def say(self, events: list[TokenEvent]) -> bytes:
        if not self._joined:
            return b"".join(self._piece(event.kind, event.text, 1) for event in events)
        runs = [(kind, [event.text for event in run]) for kind, run in groupby(events, lambda e: e.kind)]
        return b"".join(self._piece(kind, "".join(texts), len(texts)) for kind, texts in runs)

    def _piece(self, kind: Kind, text: str, pieces: int) -> bytes:
        self._position += pieces
        if kind is Kind.REASONING:
            return b"id: %d\n" % self._position + self._encoder.reasoning(text)
        new, self._told = self._position - self._told, self._position
        return self._encoder.text(text, new)

    def end(self, failure: Failure | None, reason: str, usage: Usage | None, numbered: bool = False) -> bytes:
        """The last event: a finish, or an error. With a number, a client can say that it has heard it."""
        number = b"id: %d\n" % (self._position + 1) if numbered else b""
        if failure is not None:
            return number + self._encoder.error(failure.code, failure.message)
        return number + self._encoder.finish(reason, usage)
