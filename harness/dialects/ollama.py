"""Ollama's chat API: NDJSON lines, tool calls whole, `done: true` as the last word."""

from collections.abc import Sequence
from datetime import UTC, datetime
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
from harness.wire import ndjson
from harness.wire.frame import Frame


class _Function(msgspec.Struct, gc=False):
    name: str = ""
    arguments: msgspec.Raw = msgspec.Raw(b"{}")


class _Call(msgspec.Struct, gc=False):
    function: _Function | None = None


class _Message(msgspec.Struct, gc=False):
    content: str = ""
    thinking: str | None = None
    tool_calls: list[_Call] | None = None


class _Line(msgspec.Struct, gc=False):
    message: _Message | None = None
    done: bool = False
    done_reason: str | None = None
    prompt_eval_count: Count | None = None
    eval_count: Count | None = None
    error: Any = None


_read = jsontext.reader(_Line)


def _decoder() -> ObjectDecoder[_Line]:
    """Complete is `done: true`."""
    return ObjectDecoder(_read, _meaning)


def _meaning(line: _Line) -> Sequence[TokenEvent]:
    if line.error is not None:
        return (failed(line.error),)
    events: list[TokenEvent] = []
    if line.message is not None:
        if line.message.thinking:
            events.append(TokenEvent(Kind.REASONING, line.message.thinking))
        if line.message.content:
            events.append(TokenEvent(Kind.TEXT, line.message.content))
        for call in line.message.tool_calls or ():
            if call.function is not None:
                arguments = bytes(call.function.arguments).decode()
                events.append(TokenEvent(Kind.TOOL, arguments, call.function.name))
    if line.eval_count is not None or line.prompt_eval_count is not None:
        usage = Usage(line.prompt_eval_count or 0, line.eval_count or 0)
        events.append(TokenEvent(Kind.USAGE, usage=usage))
    if line.done:
        events += (TokenEvent(Kind.FINISH, code=line.done_reason or "stop"), END)
    return events or (OTHER,)


class OllamaEncoder:
    """Tool calls travel whole, so their fragments are kept until the call is over."""

    def __init__(self, reply: Reply) -> None:
        self._head = jsontext.encode(head(reply))[:-1]
        self._before = self._head + b',"message":{"role":"assistant","content":'
        self._call: list[str] = []  # name and fragments of the open tool call

    def start(self) -> bytes:
        return b""

    def text(self, piece: str, tokens: int = 1) -> bytes:
        return self._tool() + ndjson.encode(self._before + jsontext.encode(piece) + b'},"done":false}')

    def reasoning(self, piece: str) -> bytes:
        thought = b'"","thinking":' + jsontext.encode(piece)
        return ndjson.encode(self._before + thought + b'},"done":false}')

    def tool_open(self, index: int, id: str, name: str) -> bytes:
        finished, self._call = self._tool(), [name]
        return finished

    def tool_fragment(self, index: int, piece: str) -> bytes:
        self._call.append(piece)
        return b""

    def finish(self, reason: str, usage: Usage, last: str = "") -> bytes:
        text = self.text(last) if last else self._tool()
        tail = jsontext.encode(ending(reason, usage))[1:]
        return text + ndjson.encode(self._before + b'""},' + tail)

    def end(self) -> bytes:
        return b""

    def error(self, code: str, message: str, shape: str = "") -> bytes:
        refuse_other_shape(DIALECT.error_shapes, shape)
        return ndjson.encode(DIALECT.error_body(500, code, message))

    def _tool(self) -> bytes:
        if not self._call:
            return b""
        name, *fragments = self._call
        self._call = []
        calls = jsontext.encode([whole_call(name, "".join(fragments))])
        return ndjson.encode(self._before + b'"","tool_calls":' + calls + b'},"done":false}')


def head(reply: Reply) -> dict[str, object]:
    """What every line begins with."""
    created = datetime.fromtimestamp(reply.created_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    return {"model": reply.model, "created_at": created}


def ending(reason: str, usage: Usage) -> dict[str, object]:
    """What the last line adds; durations are in ns and made up."""
    return {
        "done": True,
        "done_reason": "stop" if reason == "tool_calls" else reason,
        "total_duration": 5,
        "load_duration": 1,
        "prompt_eval_count": usage.input_tokens,
        "prompt_eval_duration": 1,
        "eval_count": usage.output_tokens,
        "eval_duration": 3,
    }


def whole_call(name: str, arguments: str) -> dict[str, object]:
    """A tool call; its arguments are an object here, not text."""
    return {"function": {"name": name, "arguments": msgspec.Raw(arguments.encode() or b"{}")}}


class Ollama:
    name = "ollama"
    wire = "ndjson"
    path = "/api/chat"
    error_shapes = ("plain",)

    def request(self, ask: Ask, path: str) -> HttpRequest:
        message = {"role": "user", "content": ask.prompt}
        body: dict[str, object] = {"model": ask.model, "messages": [message], "stream": ask.stream}
        if ask.max_tokens is not None:
            body["options"] = {"num_predict": ask.max_tokens}
        return HttpRequest("POST", path, {"content-type": "application/json"}, jsontext.encode(body))

    def decoder(self) -> ObjectDecoder[_Line]:
        return _decoder()

    def encoder(self, reply: Reply) -> OllamaEncoder:
        return OllamaEncoder(reply)

    def whole(
        self,
        reply: Reply,
        text: str,
        reason: str,
        usage: Usage,
        tools: Sequence[ToolCall] = (),
        reasoning: str = "",
    ) -> bytes:
        message: dict[str, object] = {"role": "assistant", "content": text}
        if reasoning:
            message["thinking"] = reasoning
        if tools:
            message["tool_calls"] = [whole_call(call.name, call.arguments) for call in tools]
        return jsontext.encode({**head(reply), "message": message, **ending(reason, usage)})

    def read_whole(self, body: bytes) -> Sequence[TokenEvent]:
        """It has the shape of a stream's only line."""
        decoder = _decoder()
        events = decoder.feed(Frame(body))
        if decoder.completion is Completion.FULL or events[0].kind in (Kind.ERROR, Kind.CORRUPT):
            return events
        return corrupt("an answer in one piece that is not `done`")

    def error_body(self, status: int, code: str, message: str) -> bytes:
        """This API knows no codes."""
        return jsontext.encode({"error": message})

    def read_error(self, body: bytes) -> tuple[str, str]:
        event = _decoder().feed(Frame(body))[0]
        return (event.code, event.text) if event.kind is Kind.ERROR else ("", "")


DIALECT = Ollama()
