"""OpenAI Responses, the server's side; errors and headers are those of Chat Completions."""

from typing import Any

import msgspec

from harness.dialects import openai_responses as dialect
from mock_provider.quota import Refusal, Standing
from mock_provider.requests.openai import API as OPENAI
from mock_provider.requests.openai import check_limit, decoded
from mock_provider.requests.request import ChatRequest, Incoming, Problem, ToolSpec, model_in_body
from mock_provider.script import Headers


class _Tool(msgspec.Struct):
    type: str = "function"
    name: str = ""
    parameters: dict[str, Any] | None = None


class _Format(msgspec.Struct):
    type: str = "text"
    schema: dict[str, Any] | None = None


class _Text(msgspec.Struct):
    format: _Format | None = None


class _Body(msgspec.Struct):
    model: str
    input: str | list[dict[str, Any]]
    instructions: str | None = None
    stream: bool | None = None
    max_output_tokens: int | None = None
    tools: list[_Tool] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    text: _Text | None = None


_decode = msgspec.json.Decoder(_Body).decode


class ResponsesApi:
    routes: tuple[tuple[str, str], ...] = (("POST", dialect.DIALECT.path),)

    def model(self, incoming: Incoming) -> str:
        return model_in_body(incoming)

    def parse(self, incoming: Incoming) -> ChatRequest:
        asked = decoded(_decode, incoming.body)
        if not asked.input:
            raise Problem(400, "Invalid 'input': there is no question in it.", param="input")
        check_limit(asked.max_output_tokens, "max_output_tokens")
        items = asked.input if isinstance(asked.input, list) else []
        answered = bool(items) and items[-1].get("type") == "function_call_output"
        functions = [tool for tool in asked.tools or () if tool.type == "function" and tool.name]
        choice = asked.tool_choice
        wanted = asked.text.format if asked.text is not None else None
        return ChatRequest(
            model=asked.model,
            prompt="\n".join((asked.instructions or "", _input_text(asked.input))),
            max_tokens=asked.max_output_tokens,
            stream=bool(asked.stream),
            include_usage=True,
            tools=[] if answered else [ToolSpec(tool.name, tool.parameters or {}) for tool in functions],
            tool_choice=str(choice.get("name") or "required")
            if isinstance(choice, dict)
            else choice or "auto",
            parallel_tools=asked.parallel_tool_calls is not False,
            schema=_schema(wanted),
        )

    def error_body(self, problem: Problem, request_id: str) -> bytes:
        return OPENAI.error_body(problem, request_id)

    def headers(self, request_id: str, standing: dict[str, Standing]) -> Headers:
        return OPENAI.headers(request_id, standing)

    def refusal(self, model: str, refusal: Refusal) -> tuple[Problem, Headers]:
        return OPENAI.refusal(model, refusal)


def _input_text(given: str | list[dict[str, Any]]) -> str:
    if isinstance(given, str):
        return given
    texts = []
    for item in given:
        content = item.get("content", "")
        parts = content if isinstance(content, list) else [{"text": content}]
        texts += [str(part.get("text") or "") for part in parts if isinstance(part, dict)]
    return "\n".join(texts)


def _schema(wanted: _Format | None) -> dict[str, Any] | None:
    if wanted is None or wanted.type == "text":
        return None
    return wanted.schema or {"type": "object", "properties": {"answer": {"type": "string"}}}


API = ResponsesApi()
