"""The generic chat stream that repeats the answer so far: the same requests on a path of its own."""

from harness.dialects import generic_accumulated as dialect
from mock_provider.quota import Refusal, Standing
from mock_provider.requests.generic import API as GENERIC
from mock_provider.requests.generic import WHOLE
from mock_provider.requests.request import ChatRequest, Incoming, Problem
from mock_provider.script import Headers


class AccumulatedApi:
    routes: tuple[tuple[str, str], ...] = (
        ("GET", dialect.DIALECT.path),
        ("POST", dialect.DIALECT.path),
        ("POST", WHOLE),
    )

    def model(self, incoming: Incoming) -> str:
        return GENERIC.model(incoming)

    def parse(self, incoming: Incoming) -> ChatRequest:
        asked = GENERIC.parse(incoming)
        if asked.resume_at:
            raise Problem(400, "An accumulated stream begins at its beginning; it cannot be resumed.")
        return asked

    def error_body(self, problem: Problem, request_id: str) -> bytes:
        return GENERIC.error_body(problem, request_id)

    def headers(self, request_id: str, standing: dict[str, Standing]) -> Headers:
        return GENERIC.headers(request_id, standing)

    def refusal(self, model: str, refusal: Refusal) -> tuple[Problem, Headers]:
        return GENERIC.refusal(model, refusal)


API = AccumulatedApi()
