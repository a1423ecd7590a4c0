"""A request in no provider's words, and what can be wrong with it."""

from typing import Any, Protocol

import msgspec

from harness.clock import MS, SECOND
from harness.dialects.events import UNREADABLE
from mock_provider.quota import Refusal, Standing
from mock_provider.script import Headers

MODEL = "{model}"  # stands in a route where the path names the model


class ToolSpec(msgspec.Struct, frozen=True):
    """A tool on offer, with the JSON schema of its arguments."""

    name: str
    parameters: dict[str, Any] = {}


class ChatRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for, checked. `prompt` joins the text of all messages."""

    model: str
    prompt: str
    max_tokens: int | None = None
    stream: bool = False
    include_usage: bool = False
    continuous_usage: bool = False
    tools: list[ToolSpec] = []  # that may be called now; empty after a tool has answered
    tool_choice: str = "auto"  # none, auto, required, or the name of a tool
    parallel_tools: bool = True
    schema: dict[str, Any] | None = None  # the answer must be JSON of this schema
    resume_at: int = 0  # tokens that the peer has from an earlier attempt
    listed: bool = False  # a whole answer comes in a list of one
    called_reason: str = "tool_calls"  # why generation ends that has called tools


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A request as HTTP brought it. Header names are lower case, `query` holds the first of each."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    unread: tuple[int, str] | None = None  # (status, why) of a body that could not be taken in


class Problem(Exception):
    """Why a request gets no answer. An empty `code` or `kind` stands for the status's usual one."""

    def __init__(
        self, status: int, message: str, code: str = "", param: str | None = None, kind: str = ""
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code
        self.param, self.kind = param, kind


class Api(Protocol):
    """The server's side of one dialect."""

    @property
    def routes(self) -> tuple[tuple[str, str], ...]:
        """(method, path) of each place where it is mounted; MODEL stands for any name."""
        ...

    def model(self, incoming: Incoming) -> str:
        """The model asked for, before anything else is checked; empty if that cannot be seen."""
        ...

    def parse(self, incoming: Incoming) -> ChatRequest:
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


def retry_headers(wait_ns: int) -> Headers:
    """Both spellings of the same wait, rounded up: whole seconds, and milliseconds."""
    return (("retry-after", str(-(-wait_ns // SECOND))), ("retry-after-ms", str(-(-wait_ns // MS))))


class _Named(msgspec.Struct):
    model: str = ""


_named = msgspec.json.Decoder(_Named).decode


def model_in_body(incoming: Incoming) -> str:
    """The `model` of a JSON body; empty for a body that names none, or is none."""
    try:
        return _named(incoming.body).model
    except UNREADABLE:
        return ""
