"""Ollama's chat route, the server's side: it streams unless told not to, and knows no limits."""

from typing import Any

import msgspec

from harness.dialects import ollama as dialect
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


class _Message(msgspec.Struct):
    role: str
    content: str = ""


class _Options(msgspec.Struct):
    num_predict: int | None = None


class _Function(msgspec.Struct):
    name: str
    parameters: dict[str, Any] | None = None


class _Tool(msgspec.Struct):
    function: _Function


class _Body(msgspec.Struct):
    model: str
    messages: list[_Message]
    stream: bool = True
    options: _Options | None = None
    tools: list[_Tool] | None = None
    format: dict[str, Any] | str | None = None


_decode = msgspec.json.Decoder(_Body).decode


class OllamaApi:
    routes: tuple[tuple[str, str], ...] = (("POST", dialect.DIALECT.path),)

    def model(self, incoming: Incoming) -> str:
        return model_in_body(incoming)

    def parse(self, incoming: Incoming) -> ChatRequest:
        asked = decoded(_decode, incoming.body)
        if not asked.messages:
            raise Problem(400, "messages: there is no question in it")
        limit = asked.options.num_predict if asked.options is not None else None
        limit = None if limit is not None and limit < 0 else limit  # -1 and -2 mean without a bound
        check_limit(limit, "num_predict")
        answered = asked.messages[-1].role == "tool"
        offered = [] if answered else [tool.function for tool in asked.tools or ()]
        wanted = asked.format
        return ChatRequest(
            model=asked.model,
            prompt="\n".join(message.content for message in asked.messages),
            max_tokens=limit,
            stream=asked.stream,
            tools=[ToolSpec(tool.name, tool.parameters or {}) for tool in offered],
            schema=wanted if isinstance(wanted, dict) else {"type": "object"} if wanted == "json" else None,
        )

    def error_body(self, problem: Problem, request_id: str) -> bytes:
        return dialect.DIALECT.error_body(problem.status, problem.code, problem.message)

    def headers(self, request_id: str, standing: dict[str, Standing]) -> Headers:
        return ()

    def refusal(self, model: str, refusal: Refusal) -> tuple[Problem, Headers]:
        headers = retry_headers(refusal.wait_ns) if refusal.wait_ns is not None else ()
        return Problem(429, "too many requests"), headers


API = OllamaApi()
