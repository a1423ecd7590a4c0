"""The generic chat stream: `{"content":"He"}`, …, `{"done":true,"usage":{…}}`, readable by a browser.

Each event's `id` is the number of tokens sent so far; a client that comes back with it as `Last-Event-ID`
gets the rest. Errors are `{"error":{"type","message"}}`, in the stream and as HTTP bodies alike; no `done`
follows one.

A system may say more, and readers that do not know it pass over it:

- `{"note":"thinking"}`, `{"note":"calling","tool":"clock"}`: what the model does, without its content
- `{"tool_call":{"id","name","arguments"}}`, arguments being JSON as text; whole, never in fragments
- `{"tool_result":{"id","name","content"}}`: what the tool gave back, where the system itself ran it
- `{"field":{"path":"/person/name","value":"Ann"}}`: one completed value of a structured answer; the path is a
  JSON pointer (RFC 6901)
- `{"fields":{"person":{"name":"Ann"}}}`: all of a structured answer that is complete by now
"""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from harness.dialects import jsontext
from harness.dialects.dialect import Ask, HttpRequest, Reply, ToolCall
from harness.dialects.events import (
    END,
    OTHER,
    TEXT,
    UNREADABLE,
    Completion,
    Kind,
    TokenEvent,
    Usage,
    after_end,
    corrupt,
    failed,
)
from harness.wire.frame import Frame


class Event(msgspec.Struct, gc=False):
    """The data of one frame."""

    content: str | None = None
    reasoning: str | None = None
    done: bool = False
    finish_reason: str | None = None
    usage: Usage | None = None
    error: Any = None
    # What not every system says. Of any type, for others may use these words for something else.
    note: Any = None
    tool: Any = None  # that a note is about
    tool_call: Any = None
    tool_result: Any = None
    field: Any = None
    fields: Any = None


decode = jsontext.reader(Event)


class GenericDecoder:
    """Events -> token events; each carries new text only."""

    __slots__ = ("after_done", "completion")

    def __init__(self) -> None:
        self.completion = Completion.OPEN
        self.after_done = 0

    def feed(self, frame: Frame) -> Sequence[TokenEvent]:
        if not frame.data:
            return (OTHER,)
        try:
            event = decode(frame.data)
        except UNREADABLE as error:
            return corrupt(error)
        text = (TokenEvent(TEXT, event.content),) if event.content else ()
        if self.completion is Completion.FULL:
            self.after_done += 1
            return after_end(meaning(event, text))
        if event.done:
            self.completion = Completion.FULL
        elif text and not _says_more(event):
            return text
        return meaning(event, text)


def _says_more(event: Event) -> bool:
    """Whether `event` may mean anything but its content."""
    return not (
        event.reasoning is None
        and event.usage is None
        and event.error is None
        and event.note is None
        and event.tool_call is None
        and event.tool_result is None
        and event.field is None
        and event.fields is None
    )


def meaning(event: Event, text: Sequence[TokenEvent]) -> Sequence[TokenEvent]:
    """All that `event` says; `text` is what its content means."""
    if event.error is not None:
        return (failed(event.error),)
    events = [*text]
    if event.reasoning:
        events.insert(0, TokenEvent(Kind.REASONING, event.reasoning))
    events += _more(event)
    if event.usage is not None:
        events.append(TokenEvent(Kind.USAGE, usage=event.usage))
    if event.done:
        events += (TokenEvent(Kind.FINISH, code=event.finish_reason or "stop"), END)
    return events or (OTHER,)


def _more(event: Event) -> Iterator[TokenEvent]:
    """What `event` says beyond the answer itself."""
    if isinstance(event.note, str):
        yield TokenEvent(Kind.NOTE, str(event.tool or ""), event.note)
    match event.tool_call:
        case {"id": str(id), "name": str(name), "arguments": str(arguments)}:
            yield TokenEvent(Kind.TOOL, arguments, name, id=id)
    match event.tool_result:
        case {"id": str(id), "name": str(name), "content": str(content)}:
            yield TokenEvent(Kind.RESULT, content, name, id=id)
    match event.field:
        case {"path": str(path), "value": value}:
            yield TokenEvent(Kind.FIELD, jsontext.encode(value).decode(), path)
    if isinstance(event.fields, dict | list):
        yield TokenEvent(Kind.FIELD, jsontext.encode(event.fields).decode())


class GenericEncoder:
    def __init__(self, reply: Reply) -> None:
        self._sent = reply.resume_at

    def start(self) -> bytes:
        return b""

    def text(self, piece: str, tokens: int = 1) -> bytes:
        self._sent += tokens
        return b'id: %d\ndata: {"content":%b}\n\n' % (self._sent, jsontext.encode(piece))

    def reasoning(self, piece: str) -> bytes:
        return b'data: {"reasoning":' + jsontext.encode(piece) + b"}\n\n"

    def tool_open(self, index: int, id: str, name: str) -> bytes:
        return b""

    def tool_fragment(self, index: int, piece: str) -> bytes:
        return b""

    def finish(self, reason: str, usage: Usage | None, last: str = "") -> bytes:
        text = self.text(last) if last else b""
        return text + said(ending(reason, usage))

    def end(self) -> bytes:
        return b""

    def error(self, code: str, message: str, shape: str = "") -> bytes:
        refuse_other_shape(DIALECT.error_shapes, shape)
        return b"data: %b\n\n" % DIALECT.error_body(500, code, message)


def said(value: dict[str, Any]) -> bytes:
    """One event."""
    return b"data: %b\n\n" % jsontext.encode(value)


def note(what: str, tool: str = "") -> bytes:
    """What the model is doing, `thinking` or `calling` a tool, and nothing of what it says there."""
    return said({"note": what, "tool": tool} if tool else {"note": what})


def tool_call(call: ToolCall) -> bytes:
    return said({"tool_call": call})


def tool_result(id: str, name: str, content: str) -> bytes:
    return said({"tool_result": {"id": id, "name": name, "content": content}})


def field(path: str, value: object) -> bytes:
    """One completed value of a structured answer; `path` is a JSON pointer."""
    return said({"field": {"path": path, "value": value}})


def fields(value: object) -> bytes:
    """All of a structured answer that is complete by now."""
    return said({"fields": value})


def ending(reason: str, usage: Usage | None) -> dict[str, object]:
    """The last event of an answer; a system whose provider gave no usage must not invent one."""
    return {"done": True, "finish_reason": reason, "usage": _counts(usage)}


def _counts(usage: Usage | None) -> dict[str, int] | None:
    if usage is None:
        return None
    return {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}


def refuse_other_shape(known: tuple[str, ...], shape: str) -> None:
    """Raises ValueError for a shape of error that the dialect does not have."""
    if shape and shape not in known:
        raise ValueError(f"no error of the shape {shape}; there is: {', '.join(known)}")


class Generic:
    name = "generic"
    wire = "sse"
    path = "/api/chat/stream"
    error_shapes = ("plain",)

    def request(self, ask: Ask, path: str) -> HttpRequest:
        asked: dict[str, object] = {"prompt": ask.prompt}
        if ask.model:
            asked["model"] = ask.model
        if ask.max_tokens is not None:
            asked["max_tokens"] = ask.max_tokens
        if ask.answer_id:
            asked["stream"] = ask.answer_id
        headers = {"authorization": f"Bearer {ask.api_key}"} if ask.api_key else {}
        if not ask.stream:
            headers["content-type"] = "application/json"
            return HttpRequest("POST", path.removesuffix("/stream"), headers, jsontext.encode(asked))
        if ask.last_event_id:
            headers["last-event-id"] = ask.last_event_id
        return HttpRequest("GET", f"{path}?{urlencode(asked)}", headers)

    def decoder(self) -> GenericDecoder:
        return GenericDecoder()

    def encoder(self, reply: Reply) -> GenericEncoder:
        return GenericEncoder(reply)

    def whole(
        self,
        reply: Reply,
        text: str,
        reason: str,
        usage: Usage | None,
        tools: Sequence[ToolCall] = (),
        reasoning: str = "",
    ) -> bytes:
        thought = {"reasoning": reasoning} if reasoning else {}
        return jsontext.encode({"content": text, **thought, "finish_reason": reason, "usage": _counts(usage)})

    def read_whole(self, body: bytes) -> Sequence[TokenEvent]:
        try:
            event = decode(body)
        except UNREADABLE as error:
            return corrupt(error)
        if event.content is None and event.error is None:
            return corrupt("an answer in one piece without `content`")
        event.done = True
        return meaning(event, (TokenEvent(Kind.TEXT, event.content),) if event.content else ())

    def error_body(self, status: int, code: str, message: str) -> bytes:
        other = "server_error" if status >= 500 else "invalid_request"
        kind = code or ("rate_limit_exceeded" if status == 429 else other)
        return jsontext.encode({"error": {"type": kind, "message": message}})

    def read_error(self, body: bytes) -> tuple[str, str]:
        event = GenericDecoder().feed(Frame(body))[0]
        return (event.code, event.text) if event.kind is Kind.ERROR else ("", "")


DIALECT = Generic()
