"""Gemini `streamGenerateContent` with `alt=sse`: whole parts in candidates; the finish reason is the end."""

from collections.abc import Sequence
from typing import Any

import msgspec

from harness.dialects import jsontext
from harness.dialects.dialect import Ask, HttpRequest, Reply, ToolCall
from harness.dialects.events import (
    END,
    OTHER,
    Completion,
    Count,
    Kind,
    TokenEvent,
    Usage,
    corrupt,
    failed,
)
from harness.dialects.generic import refuse_other_shape
from harness.dialects.objects import ObjectDecoder
from harness.wire.frame import Frame


class _Call(msgspec.Struct, gc=False):
    name: str = ""
    args: msgspec.Raw = msgspec.Raw(b"{}")


class _Part(msgspec.Struct, gc=False, rename="camel"):
    text: str = ""
    thought: bool = False
    function_call: _Call | None = None


class _Content(msgspec.Struct, gc=False):
    parts: list[_Part] = []


class _Candidate(msgspec.Struct, gc=False, rename="camel"):
    content: _Content | None = None
    finish_reason: str | None = None
    index: int = 0


class _Usage(msgspec.Struct, gc=False, rename="camel"):
    prompt_token_count: Count = 0
    candidates_token_count: Count = 0
    thoughts_token_count: Count = 0


class _Feedback(msgspec.Struct, gc=False, rename="camel"):
    block_reason: str | None = None


class _Event(msgspec.Struct, gc=False, rename="camel"):
    candidates: list[_Candidate] = []
    usage_metadata: _Usage | None = None
    prompt_feedback: _Feedback | None = None
    error: Any = None


_read = jsontext.reader(_Event)


class _Answer:
    """What events mean. Complete is: every candidate seen has its finish reason."""

    def __init__(self) -> None:
        self._finished: dict[int, bool] = {}  # by index of a candidate

    def meaning(self, event: _Event) -> Sequence[TokenEvent]:
        for candidate in event.candidates:
            self._finished[candidate.index] = bool(candidate.finish_reason)
        if event.error is not None:
            return (failed(event.error),)
        blocked = event.prompt_feedback and event.prompt_feedback.block_reason
        if blocked and not event.candidates:
            return (TokenEvent(Kind.ERROR, "the prompt was blocked", blocked),)
        events: list[TokenEvent] = []
        for candidate in event.candidates:
            for part in candidate.content.parts if candidate.content else ():
                if part.function_call is not None:
                    arguments = bytes(part.function_call.args).decode()
                    events.append(TokenEvent(Kind.TOOL, arguments, part.function_call.name))
                elif part.text:
                    events.append(TokenEvent(Kind.REASONING if part.thought else Kind.TEXT, part.text))
        if event.usage_metadata is not None:
            counts = event.usage_metadata
            output = counts.candidates_token_count + counts.thoughts_token_count
            usage = Usage(counts.prompt_token_count, output, counts.thoughts_token_count)
            events.append(TokenEvent(Kind.USAGE, usage=usage))
        for candidate in event.candidates:
            if candidate.finish_reason:
                events.append(TokenEvent(Kind.FINISH, code=candidate.finish_reason))
        if event.candidates and all(self._finished.values()):
            events.append(END)
        return events or (OTHER,)


def _decoder() -> ObjectDecoder[_Event]:
    return ObjectDecoder(_read, _Answer().meaning)


_REASONS = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP", "content_filter": "SAFETY"}


class GeminiEncoder:
    """Tool calls travel whole, so their fragments are kept until the call is over."""

    def __init__(self, reply: Reply) -> None:
        tail = jsontext.encode({"modelVersion": reply.model, "responseId": reply.id})[1:]
        self._before = b'data: {"candidates":[{"content":{"parts":['
        self._role = b'],"role":"model"},"index":0'
        self._after = self._role + b"}]," + tail + b"\n\n"
        self._tail = tail
        self._call: list[str] = []  # name and fragments of the open tool call

    def start(self) -> bytes:
        return b""

    def text(self, piece: str, tokens: int = 1) -> bytes:
        return self._tool() + self._before + b'{"text":' + jsontext.encode(piece) + b"}" + self._after

    def reasoning(self, piece: str) -> bytes:
        return self._before + jsontext.encode({"text": piece, "thought": True}) + self._after

    def tool_open(self, index: int, id: str, name: str) -> bytes:
        finished, self._call = self._tool(), [name]
        return finished

    def tool_fragment(self, index: int, piece: str) -> bytes:
        self._call.append(piece)
        return b""

    def finish(self, reason: str, usage: Usage, last: str = "") -> bytes:
        text = jsontext.encode({"text": last})
        ending = b',"finishReason":%b}],"usageMetadata":%b,' % (
            jsontext.encode(_REASONS.get(reason, reason)),
            jsontext.encode(_counts(usage)),
        )
        return self._tool() + self._before + text + self._role + ending + self._tail + b"\n\n"

    def end(self) -> bytes:
        return b""

    def error(self, code: str, message: str, shape: str = "") -> bytes:
        refuse_other_shape(DIALECT.error_shapes, shape)
        status = int(code) if code.isascii() and code.isdigit() else 503
        return b"data: %b\n\n" % DIALECT.error_body(status, "", message)

    def _tool(self) -> bytes:
        if not self._call:
            return b""
        name, *fragments = self._call
        self._call = []
        arguments = msgspec.Raw("".join(fragments).encode() or b"{}")
        call = jsontext.encode({"functionCall": {"name": name, "args": arguments}})
        return self._before + call + self._after


def _counts(usage: Usage) -> dict[str, int]:
    """Thoughts are counted beside the answer here, not among its tokens; where there are none, not at all."""
    counts = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": usage.output_tokens - usage.reasoning_tokens,
    }
    if usage.reasoning_tokens:
        counts["thoughtsTokenCount"] = usage.reasoning_tokens
    return {**counts, "totalTokenCount": usage.input_tokens + usage.output_tokens}


_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class Gemini:
    name = "gemini"
    wire = "sse"
    path = "/v1beta/models"
    error_shapes = ("plain",)

    def request(self, ask: Ask, path: str) -> HttpRequest:
        method = ":streamGenerateContent?alt=sse" if ask.stream else ":generateContent"
        body: dict[str, object] = {"contents": [{"role": "user", "parts": [{"text": ask.prompt}]}]}
        if ask.max_tokens is not None:
            body["generationConfig"] = {"maxOutputTokens": ask.max_tokens}
        headers = {"content-type": "application/json"}
        if ask.api_key:
            headers["x-goog-api-key"] = ask.api_key
        return HttpRequest("POST", f"{path}/{ask.model}{method}", headers, jsontext.encode(body))

    def decoder(self) -> ObjectDecoder[_Event]:
        return _decoder()

    def encoder(self, reply: Reply) -> GeminiEncoder:
        return GeminiEncoder(reply)

    def whole(
        self,
        reply: Reply,
        text: str,
        reason: str,
        usage: Usage,
        tools: Sequence[ToolCall] = (),
        reasoning: str = "",
    ) -> bytes:
        parts: list[object] = [{"text": reasoning, "thought": True}] if reasoning else []
        parts += [{"text": text}] if text or not tools else []
        for call in tools:
            arguments = msgspec.Raw(call.arguments.encode() or b"{}")
            parts.append({"functionCall": {"name": call.name, "args": arguments}})
        candidate = {
            "content": {"parts": parts, "role": "model"},
            "index": 0,
            "finishReason": _REASONS.get(reason, reason),
        }
        body = {"candidates": [candidate], "usageMetadata": _counts(usage)}
        return jsontext.encode({**body, "modelVersion": reply.model, "responseId": reply.id})

    def read_whole(self, body: bytes) -> Sequence[TokenEvent]:
        """It has the shape of a stream's only event."""
        decoder = _decoder()
        events = decoder.feed(Frame(body))
        if decoder.completion is Completion.FULL or events[0].kind in (Kind.ERROR, Kind.CORRUPT):
            return events
        return corrupt("an answer in one piece without a finish reason")

    def error_body(self, status: int, code: str, message: str) -> bytes:
        name = _STATUS.get(status, "INTERNAL" if status >= 500 else "INVALID_ARGUMENT")
        error = {"code": status, "message": message, "status": code or name, "details": []}
        return jsontext.encode({"error": error})

    def read_error(self, body: bytes) -> tuple[str, str]:
        event = _decoder().feed(Frame(body))[0]
        return (event.code, event.text) if event.kind is Kind.ERROR else ("", "")


DIALECT = Gemini()
