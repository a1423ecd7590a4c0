"""vLLM's OpenAI-compatible server: the same requests, no limit headers, errors of its own."""

import msgspec

from harness.dialects import vllm as dialect
from mock_provider.quota import Refusal, Standing
from mock_provider.requests.openai import API as OPENAI
from mock_provider.requests.request import ChatRequest, Incoming, Problem
from mock_provider.script import Headers


class VllmApi:
    routes: tuple[tuple[str, str], ...] = (("POST", dialect.DIALECT.path),)

    def model(self, incoming: Incoming) -> str:
        return OPENAI.model(incoming)

    def parse(self, incoming: Incoming) -> ChatRequest:
        """A tool that the request names is called without a choice, and the call ends like any answer."""
        asked = OPENAI.parse(incoming)
        named = asked.tool_choice not in ("auto", "none", "required")
        return msgspec.structs.replace(asked, called_reason="stop") if named else asked

    def error_body(self, problem: Problem, request_id: str) -> bytes:
        return dialect.DIALECT.error_body(problem.status, problem.code, problem.message)

    def headers(self, request_id: str, standing: dict[str, Standing]) -> Headers:
        return (("x-request-id", request_id), ("x-accel-buffering", "no"))

    def refusal(self, model: str, refusal: Refusal) -> tuple[Problem, Headers]:
        problem, headers = OPENAI.refusal(model, refusal)
        return Problem(429, problem.message), headers


API = VllmApi()
