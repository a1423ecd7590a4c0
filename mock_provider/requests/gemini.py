"""Gemini's `generateContent` and, as SSE, `streamGenerateContent`, the server's side.

The model and the method are in the path; a model's name may hold colons, the method comes after the last.
"""

from typing import Any

import msgspec

from harness.dialects import gemini as dialect
from mock_provider.quota import Refusal, Standing
from mock_provider.requests.openai import check_limit, decoded
from mock_provider.requests.request import ChatRequest, Incoming, Problem, ToolSpec, retry_headers
from mock_provider.script import Headers

_STREAM, _WHOLE = ":streamGenerateContent", ":generateContent"


class _Part(msgspec.Struct, rename="camel"):
    text: str | None = None
    function_response: dict[str, Any] | None = None


class _Content(msgspec.Struct):
    parts: list[_Part]
    role: str = "user"


class _Function(msgspec.Struct, rename="camel"):
    name: str
    parameters: dict[str, Any] | None = None
    parameters_json_schema: dict[str, Any] | None = None


class _Tool(msgspec.Struct, rename="camel"):
    function_declarations: list[_Function] | None = None


class _Config(msgspec.Struct, rename="camel"):
    max_output_tokens: int | None = None
    response_mime_type: str | None = None
    response_schema: dict[str, Any] | None = None
    response_json_schema: dict[str, Any] | None = None


class _Body(msgspec.Struct, rename="camel"):
    contents: list[_Content]
    generation_config: _Config | None = None
    tools: list[_Tool] | None = None
    system_instruction: _Content | None = None


_decode = msgspec.json.Decoder(_Body).decode


class GeminiApi:
    routes: tuple[tuple[str, str], ...] = tuple(
        ("POST", f"/{version}/models/{{model}}{method}")
        for version in ("v1beta", "v1")
        for method in (_STREAM, _WHOLE)
    )

    def model(self, incoming: Incoming) -> str:
        return incoming.path.partition("/models/")[2].rpartition(":")[0]

    def parse(self, incoming: Incoming) -> ChatRequest:
        asked = decoded(_decode, incoming.body)
        if not asked.contents:
            raise Problem(400, "contents: there is no question in it")
        stream = incoming.path.endswith(_STREAM)
        if stream and incoming.query.get("alt") != "sse":
            raise Problem(400, "This provider streams as SSE alone: add ?alt=sse.")
        config = asked.generation_config or _Config()
        check_limit(config.max_output_tokens, "maxOutputTokens")
        answered = any(part.function_response is not None for part in asked.contents[-1].parts)
        offered = [] if answered else [each for tool in asked.tools or () for each in _functions(tool)]
        said = [asked.system_instruction, *asked.contents] if asked.system_instruction else asked.contents
        return ChatRequest(
            model=self.model(incoming),
            prompt="\n".join(part.text or "" for content in said for part in content.parts),
            max_tokens=config.max_output_tokens,
            stream=stream,
            tools=offered,
            schema=_answer_schema(config),
        )

    def error_body(self, problem: Problem, request_id: str) -> bytes:
        return dialect.DIALECT.error_body(problem.status, "", problem.message)

    def headers(self, request_id: str, standing: dict[str, Standing]) -> Headers:
        return ()

    def refusal(self, model: str, refusal: Refusal) -> tuple[Problem, Headers]:
        headers = retry_headers(refusal.wait_ns) if refusal.wait_ns is not None else ()
        text = f"You exceeded your quota of {refusal.limit} for {model}: {refusal.allowed}."
        return Problem(429, text), headers


def _functions(tool: _Tool) -> list[ToolSpec]:
    return [
        ToolSpec(each.name, each.parameters_json_schema or _lowered(each.parameters or {}))
        for each in tool.function_declarations or ()
    ]


def _answer_schema(config: _Config) -> dict[str, Any] | None:
    if config.response_json_schema is not None:
        return config.response_json_schema
    if config.response_schema is not None:
        return _lowered(config.response_schema)
    return {"type": "object"} if config.response_mime_type == "application/json" else None


def _lowered(schema: dict[str, Any]) -> dict[str, Any]:
    """Types as JSON Schema writes them; here they are STRING and OBJECT. Raises Problem."""
    try:
        found: dict[str, Any] = _lower(schema)
    except RecursionError:
        raise Problem(400, "The schema is nested too deeply.") from None
    return found


def _lower(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: item.lower() if key == "type" and isinstance(item, str) else _lower(item)
            for key, item in value.items()
        }
    return [_lower(item) for item in value] if isinstance(value, list) else value


API = GeminiApi()
