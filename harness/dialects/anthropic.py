"""Anthropic Messages: named events, content blocks that open and close, `message_stop` as the last word."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from harness.dialects import jsontext
from harness.dialects.dialect import Ask, HttpRequest, Reply, ToolCall, Turn
from harness.dialects.events import (
    END,
    OTHER,
    TEXT,
    UNREADABLE,
    Completion,
    Count,
    Kind,
    TokenEvent,
    Usage,
    after_end,
    corrupt,
    failed,
)
from harness.dialects.generic import refuse_other_shape
from harness.dialects.likeness import Likeness
from harness.wire.frame import Frame

VERSION = "2023-06-01"


class _Delta(msgspec.Struct, gc=False):
    """Of a block or of the message; the frame's type says which."""

    type: str = ""
    text: str = ""
    thinking: str = ""
    partial_json: str = ""
    stop_reason: str | None = None


class _Block(msgspec.Struct, gc=False):
    type: str = ""
    text: str = ""
    thinking: str = ""
    name: str = ""


class _Usage(msgspec.Struct, gc=False):
    input_tokens: Count | None = None
    output_tokens: Count | None = None


class _Message(msgspec.Struct, gc=False):
    usage: _Usage | None = None


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    delta: _Delta | None = None
    content_block: _Block | None = None
    message: _Message | None = None
    usage: _Usage | None = None
    error: Any = None


class _Part(msgspec.Struct, gc=False):
    """A block of a whole answer."""

    type: str = ""
    text: str = ""
    thinking: str = ""
    name: str = ""
    input: msgspec.Raw = msgspec.Raw(b"{}")


class _Whole(msgspec.Struct, gc=False):
    content: list[_Part] | None = None
    stop_reason: str | None = None
    usage: _Usage | None = None
    error: Any = None


class _Type(msgspec.Struct):
    type: str = ""


_KNOWN = {
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
    "ping",
    "error",
}
_read = jsontext.reader(_Event)
_read_whole = jsontext.reader(_Whole)
_read_type = jsontext.reader(_Type)


class AnthropicDecoder:
    """Events -> token events. Complete is: a stop reason, then `message_stop`."""

    __slots__ = ("_done", "_input", "after_done", "completion", "likeness")

    def __init__(self) -> None:
        self._input = 0
        self.likeness = Likeness()
        self._done = False
        self.after_done = 0
        self.completion = Completion.OPEN

    def feed(self, frame: Frame) -> Sequence[TokenEvent]:
        if self._done:
            self.after_done += 1
            return after_end(self._events(frame))
        if text := self.likeness.text(frame):
            return (TokenEvent(TEXT, text),)
        events = self._events(frame)
        self.likeness.learn(frame, events, self._events)
        return events

    def _events(self, frame: Frame) -> Sequence[TokenEvent]:
        if not frame.data:
            return (OTHER,)
        try:
            event = _read(frame.data)
        except UNREADABLE as error:
            return self._unread(frame, error)
        match event.type or frame.event:
            case "content_block_delta" if event.delta is not None:
                return _content(event.delta.text, event.delta.thinking, event.delta.partial_json)
            case "content_block_start" if event.content_block is not None:
                block = event.content_block
                if block.type == "tool_use":
                    return (TokenEvent(Kind.TOOL, code=block.name),)
                return _content(block.text, block.thinking, "")
            case "message_start" if event.message is not None:
                return self._usage(event.message.usage) or (OTHER,)
            case "message_delta":
                return self._end_of_message(event) or (OTHER,)
            case "message_stop":
                if not self._done and self.completion is Completion.FINISHED:
                    self.completion = Completion.FULL
                again, self._done = self._done, True
                self.likeness.forget()
                return (OTHER,) if again else (END,)
            case _ if event.error is not None:
                return (failed(event.error),)
        return (OTHER,)

    def _unread(self, frame: Frame, error: Exception) -> Sequence[TokenEvent]:
        # An event of an unknown type may give our field names other types; that is its right.
        try:
            known = (_read_type(frame.data).type or frame.event) in _KNOWN
        except UNREADABLE:
            known = True
        return corrupt(error) if known else (OTHER,)

    def _usage(self, usage: _Usage | None) -> list[TokenEvent]:
        if usage is None:
            return []
        if usage.input_tokens is not None:
            self._input = usage.input_tokens
        return [TokenEvent(Kind.USAGE, usage=Usage(self._input, usage.output_tokens or 0))]

    def _end_of_message(self, event: _Event) -> list[TokenEvent]:
        events = self._usage(event.usage)
        if event.delta is not None and event.delta.stop_reason:
            if not self._done:
                self.completion = Completion.FINISHED
            events.append(TokenEvent(Kind.FINISH, code=event.delta.stop_reason))
        return events


def _content(text: str, thinking: str, arguments: str) -> Sequence[TokenEvent]:
    if text:
        return (TokenEvent(Kind.TEXT, text),)
    if thinking:
        return (TokenEvent(Kind.REASONING, thinking),)
    return (TokenEvent(Kind.TOOL, arguments),) if arguments else (OTHER,)


_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}


class AnthropicEncoder:
    """Keeps account of the open block; a token in it costs one JSON string and two joins."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._index = -1
        self._kind = ""  # of the open block: text, thinking, tool
        self._before = b""  # of a delta's text in the open block

    def start(self) -> bytes:
        head = message(self._reply, [], None, start_counts(self._reply.input_tokens))
        return _event("message_start", {"message": {**head, "stop_details": None}})

    def text(self, piece: str, tokens: int = 1) -> bytes:
        opening = (
            b"" if self._kind == "text" else self._open("text", {"type": "text", "text": ""}, "text_delta")
        )
        return opening + self._before + jsontext.encode(piece) + b"}}\n\n"

    def reasoning(self, piece: str) -> bytes:
        block = {"type": "thinking", "thinking": "", "signature": ""}
        opening = b"" if self._kind == "thinking" else self._open("thinking", block, "thinking_delta")
        return opening + self._before + jsontext.encode(piece) + b"}}\n\n"

    def tool_open(self, index: int, id: str, name: str) -> bytes:
        block = {"type": "tool_use", "id": id, "name": name, "input": {}}
        # Real servers begin the arguments with an empty fragment.
        return self._open("tool", block, "input_json_delta") + self._before + b'""}}\n\n'

    def tool_fragment(self, index: int, piece: str) -> bytes:
        return self._before + jsontext.encode(piece) + b"}}\n\n"

    def finish(self, reason: str, usage: Usage, last: str = "") -> bytes:
        text = self.text(last) if last else b""
        delta = {"stop_reason": _REASONS.get(reason, reason), "stop_sequence": None}
        counts = {
            "input_tokens": usage.input_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": usage.output_tokens,
        }
        return text + self._close() + _event("message_delta", {"delta": delta, "usage": counts})

    def end(self) -> bytes:
        return _event("message_stop", {})

    def error(self, code: str, message: str, shape: str = "") -> bytes:
        refuse_other_shape(DIALECT.error_shapes, shape)
        status = 529 if code == "overloaded" else 429 if "rate_limit" in code else 500
        body = DIALECT.error_body(status, code, message)
        return b"event: error\ndata: %b\n\n" % body

    def _open(self, kind: str, block: Mapping[str, object], delta: str) -> bytes:
        close = self._close()
        self._kind, self._index = kind, self._index + 1
        field = {"text": "text", "thinking": "thinking", "tool": "partial_json"}[kind]
        self._before = (
            b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,'
            b'"delta":{"type":"%b","%b":' % (self._index, delta.encode(), field.encode())
        )
        ping = _event("ping", {}) if self._index == 0 else b""
        return close + _event("content_block_start", {"index": self._index, "content_block": block}) + ping

    def _close(self) -> bytes:
        if not self._kind:
            return b""
        stop = _event("content_block_stop", {"index": self._index})
        if self._kind == "thinking":
            signature = {"type": "signature_delta", "signature": "c3RyZWFtcHJvb2Y="}
            stop = _event("content_block_delta", {"index": self._index, "delta": signature}) + stop
        self._kind = ""
        return stop


def _event(kind: str, fields: Mapping[str, object]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), jsontext.encode({"type": kind, **fields}))


def start_counts(input_tokens: int) -> dict[str, object]:
    """What `message_start` counts: the whole input and, as real servers do, one token of output."""
    return {
        "input_tokens": input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": 1,
        "service_tier": "standard",
    }


def message(
    reply: Reply, content: list[object], reason: str | None, usage: dict[str, object]
) -> dict[str, object]:
    """A message object, whole or at its start."""
    return {
        "id": reply.id,
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": content,
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": usage,
    }


def _messages(turns: Sequence[Turn]) -> list[dict[str, object]]:
    """The conversation as this API has it: tools answer in the user's name, all of a round together."""
    messages: list[dict[str, object]] = []
    results: list[object] = []
    for turn in turns:
        if turn.role == "tool":
            if not results:
                messages.append({"role": "user", "content": results})
            results.append({"type": "tool_result", "tool_use_id": turn.call_id, "content": turn.text})
            continue
        results = []
        if turn.role == "assistant" and turn.calls:
            blocks: list[object] = [{"type": "text", "text": turn.text}] if turn.text else []
            blocks += [
                {
                    "type": "tool_use",
                    "id": call.id,
                    "name": call.name,
                    "input": msgspec.Raw(call.arguments.encode() or b"{}"),
                }
                for call in turn.calls
            ]
            messages.append({"role": "assistant", "content": blocks})
        elif turn.role != "system":
            messages.append({"role": turn.role, "content": turn.text})
    return messages


def _wishes(ask: Ask) -> dict[str, object]:
    """What a question asks for beside its messages, as keys of the body; nothing for a plain one."""
    body: dict[str, object] = {}
    if rules := [turn.text for turn in ask.turns if turn.role == "system"]:
        body["system"] = "\n\n".join(rules)
    if ask.tools:
        body["tools"] = [
            {
                "name": tool.name,
                "description": tool.description,
                "input_schema": tool.parameters or {"type": "object"},
            }
            for tool in ask.tools
        ]
        if ask.tool_choice:
            known = {"auto": "auto", "none": "none", "required": "any"}.get(ask.tool_choice)
            body["tool_choice"] = {"type": known} if known else {"type": "tool", "name": ask.tool_choice}
    if ask.schema is not None:
        body["output_config"] = {"format": {"type": "json_schema", "schema": ask.schema}}
    if ask.temperature is not None:
        body["temperature"] = ask.temperature
    if ask.top_p is not None:
        body["top_p"] = ask.top_p
    if ask.stop:
        body["stop_sequences"] = ask.stop
    return body


_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_TYPES = {*_ERRORS.values(), "api_error"}


class Anthropic:
    name = "anthropic"
    wire = "sse"
    path = "/v1/messages"
    error_shapes = ("event",)

    def request(self, ask: Ask, path: str) -> HttpRequest:
        body: dict[str, object] = {
            "model": ask.model,
            "max_tokens": 4096 if ask.max_tokens is None else ask.max_tokens,  # the API demands a number
            "messages": _messages(ask.conversation),
        }
        body |= _wishes(ask)
        if ask.stream:
            body["stream"] = True
        headers = {"content-type": "application/json", "anthropic-version": VERSION}
        if ask.api_key:
            headers["x-api-key"] = ask.api_key
        return HttpRequest("POST", path, headers, jsontext.encode(body))

    def decoder(self) -> AnthropicDecoder:
        return AnthropicDecoder()

    def encoder(self, reply: Reply) -> AnthropicEncoder:
        return AnthropicEncoder(reply)

    def whole(
        self,
        reply: Reply,
        text: str,
        reason: str,
        usage: Usage,
        tools: Sequence[ToolCall] = (),
        reasoning: str = "",
    ) -> bytes:
        content: list[object] = []
        if reasoning:
            content.append({"type": "thinking", "thinking": reasoning, "signature": "c3RyZWFtcHJvb2Y="})
        if text or not tools:
            content.append({"type": "text", "text": text})
        for call in tools:
            arguments = msgspec.Raw(call.arguments.encode() or b"{}")
            content.append({"type": "tool_use", "id": call.id, "name": call.name, "input": arguments})
        counts: dict[str, object] = {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
        }
        return jsontext.encode(message(reply, content, _REASONS.get(reason, reason), counts))

    def read_whole(self, body: bytes) -> Sequence[TokenEvent]:
        try:
            answer = _read_whole(body)
        except UNREADABLE as error:
            return corrupt(error)
        if answer.error is not None:
            return (failed(answer.error),)
        if answer.content is None:
            return corrupt("an answer in one piece without `content`")
        events: list[TokenEvent] = []
        for part in answer.content:
            if part.type == "tool_use":
                events.append(TokenEvent(Kind.TOOL, bytes(part.input).decode(), part.name))
            else:
                events += [event for event in _content(part.text, part.thinking, "") if event is not OTHER]
        if answer.usage is not None:
            counts = answer.usage
            usage = Usage(counts.input_tokens or 0, counts.output_tokens or 0)
            events.append(TokenEvent(Kind.USAGE, usage=usage))
        if answer.stop_reason:
            events.append(TokenEvent(Kind.FINISH, code=answer.stop_reason))
        return [*events, END]

    def error_body(self, status: int, code: str, message: str) -> bytes:
        """The type follows the status, unless `code` is itself one of this API's types."""
        other = "api_error" if status >= 500 else "invalid_request_error"
        kind = code if code in _TYPES else _ERRORS.get(status, other)
        error = {"type": kind, "message": message}
        return jsontext.encode({"type": "error", "error": error, "request_id": "req_streamproof"})

    def read_error(self, body: bytes) -> tuple[str, str]:
        event = AnthropicDecoder().feed(Frame(body))[0]
        return (event.code, event.text) if event.kind is Kind.ERROR else ("", "")


DIALECT = Anthropic()
