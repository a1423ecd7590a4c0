"""What a request to `/v1/chat/completions` asks for. Pure."""

from typing import Any, Literal

import msgspec

from gateway.failure import Refused, bad_request
from harness.dialects.dialect import Ask, ToolCall, ToolOffer, Turn
from harness.dialects.events import UNREADABLE


class _Part(msgspec.Struct):
    type: str
    text: str = ""


class _Function(msgspec.Struct):
    name: str
    arguments: str = "{}"
    description: str = ""
    parameters: dict[str, Any] = {}


class _Call(msgspec.Struct):
    id: str
    function: _Function


class _Tool(msgspec.Struct):
    function: _Function
    type: str = "function"


class _Message(msgspec.Struct):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[_Part] | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str = ""


class _Named(msgspec.Struct):
    name: str


class _Choice(msgspec.Struct):
    function: _Named


class _StreamOptions(msgspec.Struct):
    include_usage: bool = False


class _Schema(msgspec.Struct):
    schema: dict[str, Any] | None = None


class _Format(msgspec.Struct):
    type: Literal["text", "json_object", "json_schema"] = "text"
    json_schema: _Schema | None = None


class _Body(msgspec.Struct):
    messages: list[_Message]
    model: str = ""
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    n: int | None = None
    tools: list[_Tool] | None = None
    tool_choice: str | _Choice | None = None
    response_format: _Format | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: str | list[str] | None = None


class Completion(msgspec.Struct, frozen=True):
    """A question, and how its answer is wanted."""

    ask: Ask
    stream: bool
    include_usage: bool


_decode = msgspec.json.Decoder(_Body).decode


def read_completion(body: bytes, model: str) -> Completion:
    """`model` is for clients who name none. Raises Refused; keys that are not known here are passed over."""
    try:
        asked = _decode(body)
    except UNREADABLE as error:
        raise Refused(bad_request(f"this is no request for a chat completion: {error}")) from error
    if not asked.messages:
        raise Refused(bad_request("messages must hold at least one message"))
    if asked.n not in (None, 1):
        raise Refused(bad_request("n must be 1: this gateway gives one answer to a request"))
    turns = tuple(map(_turn, asked.messages))
    stop = asked.stop or ()
    ask = Ask(
        prompt="\n".join(turn.text for turn in turns),
        model=asked.model or model,
        max_tokens=asked.max_tokens if asked.max_completion_tokens is None else asked.max_completion_tokens,
        turns=turns,
        tools=tuple(map(_offer, asked.tools or ())),
        tool_choice=_choice(asked.tool_choice),
        schema=_schema(asked.response_format),
        temperature=asked.temperature,
        top_p=asked.top_p,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
    )
    usage = asked.stream_options is not None and asked.stream_options.include_usage
    return Completion(ask, bool(asked.stream), usage)


def _turn(message: _Message) -> Turn:
    content = message.content or ""
    if not isinstance(content, str):
        if other := [part.type for part in content if part.type != "text"]:
            raise Refused(bad_request(f"content of type {other[0]!r} is not understood here; send text"))
        content = "\n".join(part.text for part in content)
    calls = (
        ToolCall(call.id, call.function.name, call.function.arguments) for call in message.tool_calls or ()
    )
    role = "system" if message.role == "developer" else message.role
    return Turn(role=role, text=content, calls=tuple(calls), call_id=message.tool_call_id)


def _offer(tool: _Tool) -> ToolOffer:
    function = tool.function
    return ToolOffer(function.name, function.description, function.parameters)


def _choice(choice: str | _Choice | None) -> str:
    return choice.function.name if isinstance(choice, _Choice) else choice or ""


def _schema(wanted: _Format | None) -> dict[str, Any] | None:
    if wanted is None or wanted.type == "text":
        return None
    if wanted.json_schema is not None and wanted.json_schema.schema is not None:
        return wanted.json_schema.schema
    return {"type": "object"}
