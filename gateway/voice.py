"""Content -> events on the wire, each with the number of the last piece that it holds. Pure."""

from itertools import groupby

from gateway.failure import Failure
from harness.dialects import generic
from harness.dialects.dialect import Reply, ToolCall
from harness.dialects.events import Kind, TokenEvent, Usage
from harness.dialects.generic_accumulated import GenericAccumulated

Shape = generic.Generic | GenericAccumulated


class Voice:
    """Says one answer, or the rest of it after piece `position`, as the generic stream, in deltas or
    accumulated.

    Pieces are counted as they came to be shown, text and all else alike, so that a number means the same
    place however they are joined: a client that has heard number 7 can go on with 8 on any connection.
    `joined` puts neighbours that are said together into one event.
    """

    hopeless = False  # before the end

    def __init__(self, position: int = 0, joined: bool = False, shape: Shape = generic.DIALECT) -> None:
        self._encoder = shape.encoder(Reply(id="", model="", created_s=0, resume_at=position))
        self._position = self._told = position  # said so far, and what the encoder knows of it
        self._joined = joined

    def start(self) -> bytes:
        """What precedes the first content: nothing."""
        return b""

    def say(self, events: list[TokenEvent]) -> bytes:
        if not self._joined:
            return b"".join(self._piece(event, event.text, 1) for event in events)
        said = b""
        for kind, run in groupby(events, lambda event: event.kind):
            together = list(run)
            if kind in (Kind.TEXT, Kind.REASONING):
                text = "".join(event.text for event in together)
                said += self._piece(together[0], text, len(together))
            else:
                said += b"".join(self._piece(event, event.text, 1) for event in together)
        return said

    def _piece(self, event: TokenEvent, text: str, pieces: int) -> bytes:
        self._position += pieces
        if event.kind is Kind.TEXT:
            new, self._told = self._position - self._told, self._position
            return self._encoder.text(text, new)
        number = b"id: %d\n" % self._position
        if event.kind is Kind.REASONING:
            return number + self._encoder.reasoning(text)
        return number + say_more(event)

    def verdict(self, failure: Failure | None, reason: str) -> Failure | None:
        """What users are told of how the answer ended; `failure` is what the provider made of it."""
        return failure

    def end(self, failure: Failure | None, reason: str, usage: Usage | None, numbered: bool = False) -> bytes:
        """The last event: a finish, or an error. With a number, a client can say that it has heard it."""
        number = b"id: %d\n" % (self._position + 1) if numbered else b""
        if failure is not None:
            return number + self._encoder.error(failure.code, failure.message)
        return number + self._encoder.finish(reason, usage)


def say_more(event: TokenEvent) -> bytes:
    """A note, a whole tool call or its result. Raises ValueError for what the generic stream cannot say."""
    match event.kind:
        case Kind.NOTE:
            return generic.note(event.code, event.text)
        case Kind.TOOL:
            return generic.tool_call(ToolCall(event.id, event.code, event.text))
        case Kind.RESULT:
            return generic.tool_result(event.id, event.code, event.text)
        case _:
            raise ValueError(f"{event.kind.name} is nothing that users are told")
