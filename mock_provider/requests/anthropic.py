"""Anthropic Messages, the server's side: request body, errors, limit headers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from harness.clock import MS, wall_ns
from harness.dialects import anthropic as dialect
from mock_provider.quota import Refusal, Standing
from mock_provider.requests.openai import check_limit, decoded
from mock_provider.requests.request import (
    ChatRequest,
    Incoming,
    Problem,
    ToolSpec,
    model_in_body,
    retry_headers,
)
from mock_provider.script import Headers


class _Block(msgspec.Struct):
    type: str = "text"
    text: str | None = None
    content: Any = None


class _Message(msgspec.Struct):
    role: str
    content: str | list[_Block]


class _Tool(msgspec.Struct):
    name: str
    input_schema: dict[str, Any] = {}


class _Choice(msgspec.Struct):
    type: str = "auto"
    name: str = ""
    disable_parallel_tool_use: bool = False


class _Format(msgspec.Struct):
    type: str = ""
    schema: dict[str, Any] | None = None


class _Output(msgspec.Struct):
    format: _Format | None = None


class _Body(msgspec.Struct):
    model: str
    messages: list[_Message]
    max_tokens: int
    stream: bool | None = None
    system: str | list[_Block] | None = None
    tools: list[_Tool] | None = None
    tool_choice: _Choice | None = None
    output_format: _Format | None = None
    output_config: _Output | None = None


_decode = msgspec.json.Decoder(_Body).decode
_CHOICES = {"any": "required", "none": "none", "auto": "auto"}


class AnthropicApi:
    routes: tuple[tuple[str, str], ...] = (("POST", dialect.DIALECT.path),)

    def model(self, incoming: Incoming) -> str:
        return model_in_body(incoming)

    def parse(self, incoming: Incoming) -> ChatRequest:
        asked = decoded(_decode, incoming.body)
        if not asked.messages:
            raise Problem(400, "messages: at least one message is required")
        check_limit(asked.max_tokens, "max_tokens")
        last = asked.messages[-1].content
        answered = isinstance(last, list) and any(block.type == "tool_result" for block in last)
        choice = asked.tool_choice or _Choice()
        output = asked.output_config.format if asked.output_config is not None else asked.output_format
        texts = [asked.system or "", *(message.content for message in asked.messages)]
        return ChatRequest(
            model=asked.model,
            prompt="\n".join(_text(content) for content in texts),
            max_tokens=asked.max_tokens,
            stream=bool(asked.stream),
            include_usage=True,
            tools=[] if answered else [ToolSpec(tool.name, tool.input_schema) for tool in asked.tools or ()],
            tool_choice=_CHOICES.get(choice.type, choice.name),
            parallel_tools=not choice.disable_parallel_tool_use,
            schema=output.schema if output is not None else None,
        )

    def error_body(self, problem: Problem, request_id: str) -> bytes:
        body = dialect.DIALECT.error_body(problem.status, "", problem.message)
        return msgspec.json.encode({**msgspec.json.decode(body), "request_id": request_id})

    def headers(self, request_id: str, standing: dict[str, Standing]) -> Headers:
        limits = [
            (f"anthropic-ratelimit-{name}-{word}", value)
            for name, at in standing.items()
            for word, value in (
                ("limit", str(at.limit)),
                ("remaining", str(at.remaining)),
                ("reset", _instant(at.reset_ns)),
            )
        ]
        return (("request-id", request_id), ("anthropic-organization-id", "org_mock"), *limits)

    def refusal(self, model: str, refusal: Refusal) -> tuple[Problem, Headers]:
        text = f"This request would exceed your rate limit ({refusal.limit} {refusal.allowed})."
        headers = retry_headers(refusal.wait_ns)[:1] if refusal.wait_ns is not None else ()
        return Problem(429, text), headers


def _text(content: str | list[_Block]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(block.text or "" for block in content)


def _instant(after_ns: int) -> str:
    """The instant so long from now, RFC 3339: the one place where the API speaks of wall time."""
    now = datetime.fromtimestamp(wall_ns() / 1e9, UTC)
    return (now + timedelta(milliseconds=-(-after_ns // MS))).strftime("%Y-%m-%dT%H:%M:%SZ")


API = AnthropicApi()
