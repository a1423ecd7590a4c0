"""TGI's chat route: requests as OpenAI has them, everything around them as TGI has it."""

from harness.dialects import tgi_chat as dialect
from mock_provider.quota import Refusal, Standing
from mock_provider.requests.openai import API as OPENAI
from mock_provider.requests.request import ChatRequest, Incoming, Problem
from mock_provider.requests.tgi import API as TGI
from mock_provider.script import Headers


class TgiChatApi:
    routes: tuple[tuple[str, str], ...] = (("POST", dialect.DIALECT.path),)

    def model(self, incoming: Incoming) -> str:
        return OPENAI.model(incoming)

    def parse(self, incoming: Incoming) -> ChatRequest:
        return OPENAI.parse(incoming)

    def error_body(self, problem: Problem, request_id: str) -> bytes:
        return TGI.error_body(problem, request_id)

    def headers(self, request_id: str, standing: dict[str, Standing]) -> Headers:
        return TGI.headers(request_id, standing)

    def refusal(self, model: str, refusal: Refusal) -> tuple[Problem, Headers]:
        return TGI.refusal(model, refusal)


API = TgiChatApi()
