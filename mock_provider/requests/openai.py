"""OpenAI Chat Completions, the server's side: request body, errors, limit headers."""

from typing import Any

import msgspec

from harness.clock import MS
from harness.dialects import openai as dialect
from harness.dialects.events import UNREADABLE
from mock_provider.quota import Refusal, Standing
from mock_provider.requests.request import (
    ChatRequest,
    Incoming,
    Problem,
    ToolSpec,
    model_in_body,
    retry_headers,
)
from mock_provider.script import Headers


class _Part(msgspec.Struct):
    type: str = "text"
    text: str | None = None


class _Message(msgspec.Struct):
    role: str
    content: str | list[_Part] | None = None


class _StreamOptions(msgspec.Struct):
    include_usage: bool | None = None
    continuous_usage_stats: bool | None = None


class _Function(msgspec.Struct):
    name: str
    parameters: dict[str, Any] | None = None


class _Tool(msgspec.Struct):
    type: str = "function"
    function: _Function | None = None


class _Schema(msgspec.Struct):
    schema: dict[str, Any] | None = None


class _Format(msgspec.Struct):
    type: str = "text"
    json_schema: _Schema | None = None


class _Body(msgspec.Struct):
    model: str
    messages: list[_Message]
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    n: int | None = None
    tools: list[_Tool] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    response_format: _Format | None = None


_decode = msgspec.json.Decoder(_Body).decode
LARGEST_LIMIT = 1 << 53

# status -> (type, code)
_KINDS = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "permission_denied"),
    404: ("invalid_request_error", "model_not_found"),
    405: ("invalid_request_error", "method_not_supported"),
    413: ("invalid_request_error", "request_too_large"),
    429: ("requests", "rate_limit_exceeded"),
}
_WORDS = {
    "rpm": ("requests", "requests per min (RPM)"),
    "tpm": ("tokens", "tokens per min (TPM)"),
    "itpm": ("tokens", "input tokens per min (ITPM)"),
    "otpm": ("tokens", "output tokens per min (OTPM)"),
    "concurrent": ("requests", "concurrent requests"),
}


class OpenAiApi:
    routes: tuple[tuple[str, str], ...] = (("POST", dialect.DIALECT.path),)

    def model(self, incoming: Incoming) -> str:
        return model_in_body(incoming)

    def parse(self, incoming: Incoming) -> ChatRequest:
        asked = decoded(_decode, incoming.body)
        if not asked.messages:
            raise Problem(400, "Invalid 'messages': an empty array has no question in it.", param="messages")
        limit = asked.max_completion_tokens if asked.max_completion_tokens is not None else asked.max_tokens
        check_limit(limit, "max_tokens")
        if asked.n not in (None, 1):
            raise Problem(400, "Invalid 'n': this provider gives one answer a request.", param="n")
        options = asked.stream_options
        if options is not None and not asked.stream:
            raise Problem(400, "'stream_options' is only allowed with 'stream'.", param="stream_options")
        answered = asked.messages[-1].role == "tool"
        offered = [] if answered else [tool.function for tool in asked.tools or () if tool.function]
        return ChatRequest(
            model=asked.model,
            prompt="\n".join(_text(message) for message in asked.messages),
            max_tokens=limit,
            stream=bool(asked.stream),
            include_usage=bool(options and options.include_usage),
            continuous_usage=bool(options and options.continuous_usage_stats),
            tools=[ToolSpec(tool.name, tool.parameters or {}) for tool in offered],
            tool_choice=_choice(asked.tool_choice),
            parallel_tools=asked.parallel_tool_calls is not False,
            schema=_schema(asked.response_format),
        )

    def error_body(self, problem: Problem, request_id: str) -> bytes:
        other = "server_error" if problem.status >= 500 else "invalid_request_error"
        kind, code = _KINDS.get(problem.status, (other, None))
        error = {
            "message": problem.message,
            "type": problem.kind or kind,
            "param": problem.param,
            "code": problem.code or code,
        }
        return msgspec.json.encode({"error": error})

    def headers(self, request_id: str, standing: dict[str, Standing]) -> Headers:
        limits = [
            (f"x-ratelimit-{word}-{name}", value)
            for name, at in standing.items()
            for word, value in (
                ("limit", str(at.limit)),
                ("remaining", str(at.remaining)),
                ("reset", duration(at.reset_ns)),
            )
        ]
        return (("x-request-id", request_id), ("openai-version", "2020-10-01"), *limits)

    def refusal(self, model: str, refusal: Refusal) -> tuple[Problem, Headers]:
        kind, words = _WORDS[refusal.limit]
        state = f"on {words}: Limit {refusal.allowed}, Used {refusal.used}, Requested {refusal.requested}."
        if refusal.wait_ns is None:
            return Problem(429, f"Request too large for {model} {state}", kind=kind), ()
        text = f"Rate limit reached for {model} {state} Please try again in {duration(refusal.wait_ns)}."
        return Problem(429, text, kind=kind), retry_headers(refusal.wait_ns)


def decoded(decode: Any, body: bytes) -> Any:
    """`body` read by a msgspec decoder; what it dislikes is a 400 that names the parameter."""
    try:
        return decode(body)
    except msgspec.ValidationError as error:
        _, _, where = str(error).partition(" - at `$.")
        raise Problem(400, f"Invalid request: {error}", param=where.strip("`") or None) from None
    except UNREADABLE as error:
        raise Problem(400, f"We could not parse the JSON body of your request: {error}") from None


def check_limit(limit: int | None, name: str) -> None:
    """A cap on the answer must leave room for one token, and be a number that travels. Raises Problem."""
    if limit is not None and limit > LARGEST_LIMIT:
        raise Problem(400, f"Invalid '{name}': above the maximum of {LARGEST_LIMIT}.", param=name)
    if limit is not None and limit < 1:
        raise Problem(400, f"Invalid '{name}': {limit} is below the minimum of 1.", param=name)


def _text(message: _Message) -> str:
    if isinstance(message.content, list):
        return "\n".join(part.text or "" for part in message.content)
    return message.content or ""


def _choice(choice: str | dict[str, Any] | None) -> str:
    if isinstance(choice, dict):
        function = choice.get("function")
        name = function.get("name") if isinstance(function, dict) else choice.get("name")
        return str(name or "required")
    return choice or "auto"


def _schema(wanted: _Format | None) -> dict[str, Any] | None:
    if wanted is None or wanted.type == "text":
        return None
    if wanted.json_schema is not None and wanted.json_schema.schema is not None:
        return wanted.json_schema.schema
    return {"type": "object", "properties": {"answer": {"type": "string"}}}


def duration(ns: int) -> str:
    """A wait as OpenAI writes it: `12ms`, `1.4s`, `6m0s`; never shorter than the truth."""
    ms = -(-ns // MS)
    if ms < 1000:
        return f"{ms}ms"
    if ms < 60_000:
        return f"{ms / 1000:g}s"
    minutes, rest_ms = divmod(ms, 60_000)
    return f"{minutes}m{-(-rest_ms // 1000)}s"


API = OpenAiApi()
