"""The generic chat stream of servers that repeat the whole answer so far in every event.

It cannot be told apart from the delta stream by looking at it, so the client is told which one it reads.
Bytes grow with the square of the answer: 1,000 tokens of 5 bytes are 2.5 MB.
"""

from collections.abc import Sequence

from harness.dialects import jsontext
from harness.dialects.dialect import Ask, HttpRequest, Reply, ToolCall
from harness.dialects.events import (
    OTHER,
    UNREADABLE,
    Completion,
    Kind,
    TokenEvent,
    Usage,
    after_end,
    corrupt,
)
from harness.dialects.generic import DIALECT as GENERIC
from harness.dialects.generic import decode, ending, meaning, refuse_other_shape
from harness.wire.frame import Frame


class AccumulatedDecoder:
    """Events -> token events. New text is what follows the previous text; anything else is a rewrite."""

    __slots__ = ("_text", "after_done", "completion")

    def __init__(self) -> None:
        self._text = ""
        self.completion = Completion.OPEN
        self.after_done = 0

    def feed(self, frame: Frame) -> Sequence[TokenEvent]:
        if not frame.data:
            return (OTHER,)
        try:
            event = decode(frame.data)
        except UNREADABLE as error:
            return corrupt(error)
        before = self._text
        so_far = before if event.content is None else event.content
        text: Sequence[TokenEvent] = ()
        if not so_far.startswith(before):
            text = corrupt("the answer so far was rewritten")
        elif len(so_far) > len(before):
            text = (TokenEvent(Kind.TEXT, so_far[len(before) :]),)
            self._text = so_far
        if self.completion is Completion.FULL:
            self.after_done += 1
            return after_end(meaning(event, text))
        if event.done:
            self.completion = Completion.FULL
        return meaning(event, text)


class AccumulatedEncoder:
    def __init__(self, reply: Reply) -> None:
        self._sent = reply.resume_at
        self._escaped = b""  # the answer so far, as the inside of a JSON string

    def start(self) -> bytes:
        return b""

    def text(self, piece: str, tokens: int = 1) -> bytes:
        self._sent += tokens
        self._escaped += jsontext.encode(piece)[1:-1]
        return b'id: %d\ndata: {"content":"%b"}\n\n' % (self._sent, self._escaped)

    def reasoning(self, piece: str) -> bytes:
        return b'data: {"reasoning":' + jsontext.encode(piece) + b"}\n\n"

    def tool_open(self, index: int, id: str, name: str) -> bytes:
        return b""

    def tool_fragment(self, index: int, piece: str) -> bytes:
        return b""

    def finish(self, reason: str, usage: Usage | None, last: str = "") -> bytes:
        text = self.text(last) if last else b""
        end = jsontext.encode(ending(reason, usage))[1:]
        return text + b'data: {"content":"%b",%b\n\n' % (self._escaped, end)

    def end(self) -> bytes:
        return b""

    def error(self, code: str, message: str, shape: str = "") -> bytes:
        refuse_other_shape(DIALECT.error_shapes, shape)
        return b"data: %b\n\n" % DIALECT.error_body(500, code, message)


class GenericAccumulated:
    name = "generic_accumulated"
    wire = "sse"
    path = "/api/chat/accumulated"
    error_shapes = ("plain",)

    def request(self, ask: Ask, path: str) -> HttpRequest:
        return GENERIC.request(ask, path if ask.stream else path.removesuffix("/accumulated"))

    def decoder(self) -> AccumulatedDecoder:
        return AccumulatedDecoder()

    def encoder(self, reply: Reply) -> AccumulatedEncoder:
        return AccumulatedEncoder(reply)

    def whole(
        self,
        reply: Reply,
        text: str,
        reason: str,
        usage: Usage | None,
        tools: Sequence[ToolCall] = (),
        reasoning: str = "",
    ) -> bytes:
        return GENERIC.whole(reply, text, reason, usage, tools, reasoning)

    def read_whole(self, body: bytes) -> Sequence[TokenEvent]:
        return GENERIC.read_whole(body)

    def error_body(self, status: int, code: str, message: str) -> bytes:
        return GENERIC.error_body(status, code, message)

    def read_error(self, body: bytes) -> tuple[str, str]:
        return GENERIC.read_error(body)


DIALECT = GenericAccumulated()
