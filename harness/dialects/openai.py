"""OpenAI Chat Completions: role chunk, content deltas, finish reason, usage chunk, `[DONE]`.

The decoder also reads what relatives of this API say: reasoning under either of its names, the old flat
error, errors inside a choice, a finish that rides on the last content.
"""

from collections.abc import Sequence
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

DONE = b"data: [DONE]\n\n"
_FAILED = ("error", "abort")  # finish reasons of relatives that mean "no answer"


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(msgspec.Struct, gc=False):
    function: _Function | None = None


class _Delta(msgspec.Struct, gc=False):
    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None
    function_call: _Function | None = None


class _Choice(msgspec.Struct, gc=False):
    delta: _Delta | None = None
    finish_reason: str | None = None
    index: int = 0


class _Details(msgspec.Struct, gc=False):
    reasoning_tokens: Count | None = None


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    completion_tokens_details: _Details | None = None


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: Any = None
    error_type: str | None = None  # beside an error that is a text
    object: str | None = None
    message: str | None = None  # the old flat error has it at the top
    code: Any = None
    type: str | None = None


class _WholeChoice(msgspec.Struct, gc=False):
    message: _Delta | None = None


class _Whole(msgspec.Struct, gc=False):
    """What a whole answer has that no chunk has; the rest of it is read as one."""

    choices: list[_WholeChoice] | None = None


_read = jsontext.reader(_Chunk)
_read_whole = jsontext.reader(_Whole)


class OpenAiDecoder:
    """Chunks -> token events. Complete is: every choice seen has its finish reason, then `[DONE]`."""

    __slots__ = ("_done", "_finished", "after_done", "completion", "likeness")

    def __init__(self) -> None:
        self._finished: dict[int, bool] = {}  # by index of a choice
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
        if frame.data == b"[DONE]":
            self._done = True
            self.likeness.forget()
            if self.completion is Completion.FINISHED:
                self.completion = Completion.FULL
            return (END,)
        events = self._events(frame)
        self.likeness.learn(frame, events, self._events)
        return events

    def _events(self, frame: Frame) -> Sequence[TokenEvent]:
        data = frame.data
        if not data or data == b"[DONE]":
            return (OTHER,)
        try:
            chunk = _read(data)
        except UNREADABLE as error:
            return corrupt(error)
        if chunk.error is not None:
            return (failed(chunk.error, chunk.error_type),)
        if chunk.object == "error":
            return (failed(chunk.message, chunk.code or chunk.type),)
        events: list[TokenEvent] = []
        for choice in chunk.choices or ():
            if choice.delta is not None:
                _content(choice.delta, events)
            if choice.index not in self._finished or choice.finish_reason:
                self._progress(choice, events)
        if chunk.usage is not None:
            events.append(TokenEvent(Kind.USAGE, usage=_counted(chunk.usage)))
        return events or (OTHER,)

    def _progress(self, choice: _Choice, events: list[TokenEvent]) -> None:
        failure = choice.finish_reason in _FAILED
        if choice.finish_reason and failure:
            events.append(TokenEvent(Kind.ERROR, "generation failed", choice.finish_reason))
        elif choice.finish_reason:
            events.append(TokenEvent(Kind.FINISH, code=choice.finish_reason))
        if not self._done:
            self._finished[choice.index] = bool(choice.finish_reason) and not failure
            whole = all(self._finished.values())
            self.completion = Completion.FINISHED if whole else Completion.OPEN


def _counted(usage: _Usage) -> Usage:
    details = usage.completion_tokens_details
    thought = details.reasoning_tokens or 0 if details is not None else 0
    return Usage(usage.prompt_tokens or 0, usage.completion_tokens or 0, thought)


def _content(delta: _Delta, events: list[TokenEvent]) -> None:
    if thought := delta.reasoning or delta.reasoning_content:
        events.append(TokenEvent(Kind.REASONING, thought))
    if text := delta.content or delta.refusal:
        events.append(TokenEvent(TEXT, text))
    if delta.tool_calls or delta.function_call:
        for function in [call.function for call in delta.tool_calls or ()] + [delta.function_call]:
            if function is not None and (function.arguments or function.name):
                events.append(TokenEvent(Kind.TOOL, function.arguments or "", function.name or ""))


class OpenAiEncoder:
    """The envelope is serialised once; a token costs one JSON string and two joins."""

    def __init__(self, reply: Reply) -> None:
        self._usage = reply.include_usage
        envelope = {
            "id": reply.id,
            "object": "chat.completion.chunk",
            "created": reply.created_s,
            "model": reply.model,
            "service_tier": "default",
            "system_fingerprint": "fp_streamproof",
        }
        self._envelope = jsontext.encode(envelope)[:-1]
        self._tail = b',"usage":null}\n\n' if self._usage else b"}\n\n"
        self._before = b"data: " + self._envelope + b',"choices":[{"index":0,"delta":{"content":'
        self._after = b'},"logprobs":null,"finish_reason":null}]' + self._tail

    def start(self) -> bytes:
        return self._chunk(b'{"role":"assistant","content":"","refusal":null}', b"null")

    def text(self, piece: str, tokens: int = 1) -> bytes:
        return self._before + jsontext.encode(piece) + self._after

    def reasoning(self, piece: str) -> bytes:
        return b""

    def tool_open(self, index: int, id: str, name: str) -> bytes:
        return self._chunk(b'{"content":null,"tool_calls":[%b]}' % tool_opening(index, id, name), b"null")

    def tool_fragment(self, index: int, piece: str) -> bytes:
        return self._chunk(b'{"tool_calls":[%b]}' % tool_piece(index, piece), b"null")

    def relative(self, delta: dict[str, object]) -> bytes:
        """A delta in the words of a relative of this API, such as `{"reasoning": ...}`."""
        return self._chunk(jsontext.encode(delta), b"null")

    def finish(self, reason: str, usage: Usage | None, last: str = "") -> bytes:
        """Usage that nobody knows is left out, whatever was asked for."""
        end = (self.text(last) if last else b"") + self._chunk(b"{}", jsontext.encode(reason))
        if not self._usage or usage is None:
            return end
        counts = jsontext.encode(usage_counts(usage))
        return end + b"data: " + self._envelope + b',"choices":[],"usage":' + counts + b"}\n\n"

    def end(self) -> bytes:
        return DONE

    def error(self, code: str, message: str, shape: str = "") -> bytes:
        refuse_other_shape(DIALECT.error_shapes, shape)
        if shape == "choice":
            error = jsontext.encode({"code": number_or_text(code), "message": message})
            return self._chunk(b"{}", b'"error"')[:-3] + b',"error":' + error + b"}\n\n"
        return b"data: %b\n\n" % DIALECT.error_body(429 if "rate_limit" in code else 500, code, message)

    def _chunk(self, delta: bytes, reason: bytes) -> bytes:
        choice = b'{"index":0,"delta":' + delta + b',"logprobs":null,"finish_reason":' + reason + b"}"
        return b"data: " + self._envelope + b',"choices":[' + choice + b"]" + self._tail


def tool_opening(index: int, id: str, name: str) -> bytes:
    """The first delta of a tool call."""
    function = {"name": name, "arguments": ""}
    return jsontext.encode({"index": index, "id": id, "type": "function", "function": function})


def tool_piece(index: int, piece: str) -> bytes:
    """A later delta of a tool call."""
    return b'{"index":%d,"function":{"arguments":%b}}' % (index, jsontext.encode(piece))


def number_or_text(code: str) -> int | str:
    """Codes that are HTTP statuses travel as numbers."""
    return int(code) if code.isascii() and code.isdigit() else code


def usage_counts(usage: Usage) -> dict[str, object]:
    """The counts that every relative of this API reports."""
    others = ("audio_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens")
    details = {"reasoning_tokens": usage.reasoning_tokens, **dict.fromkeys(others, 0)}
    return {
        **plain_counts(usage),
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": details,
    }


def plain_counts(usage: Usage) -> dict[str, object]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def whole_message(text: str, tools: Sequence[ToolCall]) -> dict[str, object]:
    """The message of an answer that is not streamed."""
    message: dict[str, object] = {"role": "assistant", "content": text or None if tools else text}
    if tools:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in tools
        ]
    return message


def _message(turn: Turn) -> dict[str, object]:
    """A turn of the conversation as this API has it."""
    if turn.role == "tool":
        return {"role": "tool", "tool_call_id": turn.call_id, "content": turn.text}
    if not turn.calls:
        return {"role": turn.role, "content": turn.text}
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in turn.calls
    ]
    return {"role": turn.role, "content": turn.text or None, "tool_calls": calls}


def _wishes(ask: Ask) -> dict[str, object]:
    """What a question asks for beside its text, as keys of the body; nothing for a plain one."""
    body: dict[str, object] = {}
    if ask.tools:
        offers = [
            {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
            for tool in ask.tools
        ]
        body["tools"] = [{"type": "function", "function": offer} for offer in offers]
        if ask.tool_choice in ("none", "auto", "required"):
            body["tool_choice"] = ask.tool_choice
        elif ask.tool_choice:
            body["tool_choice"] = {"type": "function", "function": {"name": ask.tool_choice}}
    if ask.schema is not None:
        wanted = {"name": "answer", "schema": ask.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": wanted}
    if ask.temperature is not None:
        body["temperature"] = ask.temperature
    if ask.top_p is not None:
        body["top_p"] = ask.top_p
    if ask.stop:
        body["stop"] = ask.stop
    return body


# status -> (type, code) of an error that the caller did not name
_ERRORS = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
}


class OpenAi:
    name = "openai"
    wire = "sse"
    path = "/v1/chat/completions"
    error_shapes: tuple[str, ...] = ("nested", "choice")

    def request(self, ask: Ask, path: str) -> HttpRequest:
        body: dict[str, object] = {
            "model": ask.model,
            "messages": [_message(turn) for turn in ask.conversation],
        }
        if ask.max_tokens is not None:
            body["max_tokens"] = ask.max_tokens
        body |= _wishes(ask)
        if ask.stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        headers = {"content-type": "application/json"}
        if ask.api_key:
            headers["authorization"] = f"Bearer {ask.api_key}"
        return HttpRequest("POST", path, headers, jsontext.encode(body))

    def decoder(self) -> OpenAiDecoder:
        return OpenAiDecoder()

    def encoder(self, reply: Reply) -> OpenAiEncoder:
        return OpenAiEncoder(reply)

    def whole(
        self,
        reply: Reply,
        text: str,
        reason: str,
        usage: Usage | None,
        tools: Sequence[ToolCall] = (),
        reasoning: str = "",
    ) -> bytes:
        message = {**whole_message(text, tools), "refusal": None, "annotations": []}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
        body = {"id": reply.id, "object": "chat.completion", "created": reply.created_s}
        counts = usage_counts(usage) if usage is not None else None
        return jsontext.encode({**body, "model": reply.model, "choices": [choice], "usage": counts})

    def read_whole(self, body: bytes) -> Sequence[TokenEvent]:
        try:
            choices = _read_whole(body).choices
        except UNREADABLE as error:
            return corrupt(error)
        ending = OpenAiDecoder().feed(Frame(body))
        for event in ending:
            if event.kind in (Kind.ERROR, Kind.CORRUPT):
                return (event,)
        if not choices:
            return corrupt("an answer in one piece without `choices`")
        events: list[TokenEvent] = []
        for choice in choices:
            if choice.message is not None:
                _content(choice.message, events)
        return [*events, *ending, END]

    def error_body(self, status: int, code: str, message: str) -> bytes:
        """`requests` and `tokens` as code name the bucket that a 429 ran out of."""
        kind, usual = _ERRORS.get(
            status, ("server_error" if status >= 500 else "invalid_request_error", None)
        )
        if code in ("requests", "tokens"):
            kind, code = code, "rate_limit_exceeded"
        elif code == "insufficient_quota":
            kind = code
        error = {
            "message": message,
            "type": kind,
            "param": "messages" if code == "context_length_exceeded" else None,
            "code": number_or_text(code) if code else usual,
        }
        return jsontext.encode({"error": error})

    def read_error(self, body: bytes) -> tuple[str, str]:
        event = OpenAiDecoder().feed(Frame(body))[0]
        return (event.code, event.text) if event.kind is Kind.ERROR else ("", "")


DIALECT = OpenAi()
