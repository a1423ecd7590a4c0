"""The generic chat stream, the server's side: a GET that a browser's EventSource can make, or a POST."""

import msgspec

from harness.dialects import generic as dialect
from mock_provider.quota import Refusal, Standing
from mock_provider.requests.openai import check_limit, decoded
from mock_provider.requests.request import ChatRequest, Incoming, Problem, model_in_body, retry_headers
from mock_provider.script import Headers


class _Body(msgspec.Struct):
    prompt: str
    model: str = ""
    max_tokens: int | None = None


_decode = msgspec.json.Decoder(_Body).decode
_STREAM = dialect.DIALECT.path
WHOLE = _STREAM.removesuffix("/stream")


_DIGITS = 15  # int() refuses thousands of them, and the ledger's readers more than 18


class GenericApi:
    routes: tuple[tuple[str, str], ...] = (
        ("GET", _STREAM), ("POST", _STREAM), ("GET", WHOLE), ("POST", WHOLE),
    )  # fmt: skip

    def model(self, incoming: Incoming) -> str:
        if incoming.method == "GET":
            return incoming.query.get("model", "")
        return model_in_body(incoming)

    def parse(self, incoming: Incoming) -> ChatRequest:
        asked = _queried(incoming.query) if incoming.method == "GET" else decoded(_decode, incoming.body)
        check_limit(asked.max_tokens, "max_tokens")
        last = incoming.headers.get("last-event-id", "")
        if last and not _is_number(last):
            raise Problem(400, f"Last-Event-ID {last!r} is not the number of a token.")
        return ChatRequest(
            model=asked.model,
            prompt=asked.prompt,
            max_tokens=asked.max_tokens,
            stream=incoming.path != WHOLE,
            resume_at=int(last or 0),
        )

    def error_body(self, problem: Problem, request_id: str) -> bytes:
        return dialect.DIALECT.error_body(problem.status, problem.code, problem.message)

    def headers(self, request_id: str, standing: dict[str, Standing]) -> Headers:
        return (("x-request-id", request_id),)

    def refusal(self, model: str, refusal: Refusal) -> tuple[Problem, Headers]:
        headers = retry_headers(refusal.wait_ns) if refusal.wait_ns is not None else ()
        return Problem(429, f"Rate limit reached ({refusal.limit} {refusal.allowed})."), headers


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= _DIGITS


def _queried(query: dict[str, str]) -> _Body:
    if "prompt" not in query:
        raise Problem(400, "The query parameter 'prompt' is missing.")
    limit = query.get("max_tokens")
    if limit is not None and not _is_number(limit):
        raise Problem(400, f"max_tokens={limit} is not a number.")
    return _Body(query["prompt"], query.get("model", ""), None if limit is None else int(limit))


API = GenericApi()
