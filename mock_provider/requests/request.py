"""A request in no provider's words, and what can be wrong with it."""

from typing import Protocol

import msgspec

from mock_provider.quota import Refusal, Standing
from mock_provider.script import Headers


class ChatRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for, checked. `prompt` joins the text of all messages."""

    model: str
    prompt: str
    max_tokens: int | None = None
    stream: bool = False
    include_usage: bool = False


class Problem(Exception):
    """Why a request gets no answer. `code` is the dialect's own; empty stands for the status's usual one."""

    def __init__(
        self, status: int, message: str, code: str = "", param: str | None = None, limit: str = ""
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code
        self.param, self.limit = param, limit


class Api(Protocol):
    """The server's side of one dialect."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Where it is mounted."""
        ...

    def parse(self, body: bytes) -> ChatRequest:
        """Raises Problem, with the status and words that the provider would use."""
        ...

    def error_body(self, problem: Problem, request_id: str) -> bytes: ...

    def headers(self, request_id: str, standing: dict[str, Standing]) -> Headers:
        """What stands on every response, the limits included."""
        ...

    def refusal(self, model: str, refusal: Refusal) -> tuple[Problem, Headers]:
        """The dialect's 429, and the headers that say when to come back."""
        ...


def count_tokens(prompt: str) -> int:
    """A provider's count of the prompt, near enough: four bytes a token."""
    return max(1, -(-len(prompt.encode()) // 4))
