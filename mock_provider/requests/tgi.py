"""Hugging Face TGI, the server's side of `/generate_stream`, `/generate` and `/`."""

from typing import Any

import msgspec

from harness.dialects import jsontext
from harness.dialects import tgi as dialect
from mock_provider.quota import Refusal, Standing
from mock_provider.requests.openai import check_limit, decoded
from mock_provider.requests.request import ChatRequest, Incoming, Problem, retry_headers
from mock_provider.script import Headers


class _Grammar(msgspec.Struct):
    type: str = "json"
    value: dict[str, Any] | str | None = None


class _Parameters(msgspec.Struct):
    max_new_tokens: int | None = None
    grammar: _Grammar | None = None
    details: bool | None = None


class _Body(msgspec.Struct):
    inputs: str
    parameters: _Parameters | None = None
    stream: bool | None = None
    model: str = ""


_decode = msgspec.json.Decoder(_Body).decode


class TgiApi:
    """One server has one model, so a request need not name it: the first of the provider answers."""

    routes: tuple[tuple[str, str], ...] = (
        ("POST", dialect.DIALECT.path),
        ("POST", "/generate"),
        ("POST", "/"),
    )

    def model(self, incoming: Incoming) -> str:
        return ""

    def parse(self, incoming: Incoming) -> ChatRequest:
        try:
            asked = decoded(_decode, incoming.body)
            parameters = asked.parameters or _Parameters()
            check_limit(parameters.max_new_tokens, "max_new_tokens")
        except Problem as problem:
            raise Problem(422, problem.message, code="validation") from None
        grammar = parameters.grammar.value if parameters.grammar is not None else None
        stream = incoming.path.endswith("_stream") or (incoming.path == "/" and bool(asked.stream))
        return ChatRequest(
            model=asked.model,
            prompt=asked.inputs,
            max_tokens=parameters.max_new_tokens,
            stream=stream,
            include_usage=bool(parameters.details),
            listed=incoming.path == "/" and not stream,
            schema=grammar if isinstance(grammar, dict) else None,
        )

    def error_body(self, problem: Problem, request_id: str) -> bytes:
        if problem.status == 402:  # who is to be paid stands in front of TGI, and knows no types
            return jsontext.encode({"error": problem.message})
        code = problem.code if problem.code in ("overloaded", "validation", "generation") else ""
        return dialect.DIALECT.error_body(problem.status, code, problem.message)

    def headers(self, request_id: str, standing: dict[str, Standing]) -> Headers:
        return (
            ("x-request-id", request_id),
            ("x-accel-buffering", "no"),
            ("x-compute-type", "gpu+optimized"),
        )

    def refusal(self, model: str, refusal: Refusal) -> tuple[Problem, Headers]:
        headers = retry_headers(refusal.wait_ns) if refusal.wait_ns is not None else ()
        return Problem(429, "Model is overloaded", code="overloaded"), headers


API = TgiApi()
