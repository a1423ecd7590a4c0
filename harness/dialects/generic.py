"""The generic chat stream: `{"content":"He"}`, …, `{"done":true,"usage":{…}}`, readable by a browser.

Errors are `{"error":{"type","message"}}`, in the stream and as HTTP bodies alike; no `done` follows one.
"""

from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec

from harness.dialects.dialect import Ask, HttpRequest, Reply
from harness.dialects.events import OTHER, Completion, Kind, TokenEvent, Usage
from harness.wire.frame import Frame


class _Error(msgspec.Struct):
    type: str = ""
    message: str = ""


class _Event(msgspec.Struct, gc=False):
    content: str | None = None
    reasoning: str | None = None
    done: bool = False
    finish_reason: str | None = None
    usage: Usage | None = None
    error: _Error | None = None


_decode = msgspec.json.Decoder(_Event).decode


class GenericDecoder:
    """Events -> token events. `after_done` counts events that came after `done`."""

    __slots__ = ("_done", "after_done")

    def __init__(self) -> None:
        self._done = False
        self.after_done = 0

    @property
    def completion(self) -> Completion:
        return Completion.FULL if self._done else Completion.OPEN

    def feed(self, frame: Frame) -> Sequence[TokenEvent]:
        if not frame.data:
            return (OTHER,)
        try:
            event = _decode(frame.data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return (TokenEvent(Kind.CORRUPT, str(error)),)
        if self._done:
            self.after_done += 1
            return (OTHER,)
        if event.error is not None:
            return (TokenEvent(Kind.ERROR, event.error.message, event.error.type),)
        events = self._new_text(event)
        if event.reasoning:
            events.append(TokenEvent(Kind.REASONING, event.reasoning))
        if event.usage is not None:
            events.append(TokenEvent(Kind.USAGE, usage=event.usage))
        if event.done:
            self._done = True
            events.append(TokenEvent(Kind.FINISH, code=event.finish_reason or "stop"))
            events.append(TokenEvent(Kind.END))
        return events or (OTHER,)

    def _new_text(self, event: _Event) -> list[TokenEvent]:
        return [TokenEvent(Kind.TEXT, event.content)] if event.content else []


class GenericEncoder:
    def start(self) -> bytes:
        return b""

    def text(self, piece: str) -> bytes:
        return b'data: {"content":' + msgspec.json.encode(piece) + b"}\n\n"

    def reasoning(self, piece: str) -> bytes:
        return b'data: {"reasoning":' + msgspec.json.encode(piece) + b"}\n\n"

    def finish(self, reason: str, usage: Usage | None) -> bytes:
        body = {"done": True, "finish_reason": reason, "usage": usage}
        return b"data: " + msgspec.json.encode(body) + b"\n\n"

    def end(self) -> bytes:
        return b""

    def error(self, code: str, message: str) -> bytes:
        return b"data: " + DIALECT.error_body(500, code, message) + b"\n\n"


class Generic:
    name = "generic"
    wire = "sse"
    path = "/api/chat/stream"

    def request(self, ask: Ask, path: str) -> HttpRequest:
        query = {"prompt": ask.prompt} | ({"model": ask.model} if ask.model else {})
        if ask.max_tokens is not None:
            query["max_tokens"] = str(ask.max_tokens)
        headers = {"authorization": f"Bearer {ask.api_key}"} if ask.api_key else {}
        return HttpRequest("GET", f"{path}?{urlencode(query)}", headers)

    def decoder(self) -> GenericDecoder:
        return GenericDecoder()

    def encoder(self, reply: Reply) -> GenericEncoder:
        return GenericEncoder()

    def whole(self, reply: Reply, text: str, reason: str, usage: Usage | None) -> bytes:
        return msgspec.json.encode({"content": text, "finish_reason": reason, "usage": usage})

    def error_body(self, status: int, code: str, message: str) -> bytes:
        return msgspec.json.encode({"error": {"type": code, "message": message}})

    def read_error(self, body: bytes) -> tuple[str, str]:
        event = GenericDecoder().feed(Frame(body))[0] if body else OTHER
        return (event.code, event.text) if event.kind is Kind.ERROR else ("", "")


DIALECT = Generic()
