"""What a dialect is: how to ask, how to understand the answer, and how to give one."""

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import msgspec

from harness.dialects.events import Completion, TokenEvent, Usage
from harness.wire.frame import Frame


class ToolCall(msgspec.Struct, frozen=True):
    """A finished tool call. `arguments` is JSON as text, as it was streamed."""

    id: str
    name: str
    arguments: str


class ToolOffer(msgspec.Struct, frozen=True):
    """A tool that the model may call; `parameters` is the JSON schema of its arguments."""

    name: str
    description: str = ""
    parameters: dict[str, Any] = {}


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a conversation. `calls` are an assistant's; a tool's answer names its call by id."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One question of a user, in no provider's words."""

    prompt: str
    model: str = ""
    max_tokens: int | None = None
    stream: bool = True
    api_key: str = ""
    last_event_id: str = ""  # of the attempt that this one resumes, where the dialect can
    answer_id: str = ""  # chosen by the user, so that a broken answer can be asked for by it; likewise
    turns: tuple[Turn, ...] = ()  # the conversation, where there is more to it than `prompt`
    tools: tuple[ToolOffer, ...] = ()
    tool_choice: str = ""  # none, auto, required, or the name of a tool; empty: the provider's own default
    schema: dict[str, Any] | None = None  # the answer must be JSON of this schema
    temperature: float | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()

    @property
    def conversation(self) -> tuple[Turn, ...]:
        return self.turns or (Turn(role="user", text=self.prompt),)


class HttpRequest(msgspec.Struct, frozen=True):
    """A request before it has an address. Header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


class Decoder(Protocol):
    """Frames -> token events, for one answer.

    `after_done` counts the frames that came after the dialect's last word. Content in one of them is a
    CORRUPT event with the code `after_done`, never text; an error stays an error. A decoder whose frames are
    alike may have a `likeness` (`harness.dialects.likeness`), which transports use to read them faster.
    """

    after_done: int

    @property
    def completion(self) -> Completion: ...

    def feed(self, frame: Frame) -> Sequence[TokenEvent]:
        """What `frame` means; never raises: nonsense is a CORRUPT event."""
        ...


class Encoder(Protocol):
    """Token events -> bytes, for one streamed answer. Each method returns whole frames, wire-ready.

    Reasoning comes before text, tool calls after it. What a dialect cannot say, it says with `b""`.
    Finish reasons are given in the words of OpenAI Chat (`stop`, `length`, `tool_calls`,
    `content_filter`) and translated; other words pass as they are.
    """

    def start(self) -> bytes:
        """What precedes the first token (a role chunk, a message head); may be empty."""
        ...

    def text(self, piece: str, tokens: int = 1) -> bytes:
        """Visible text; `tokens` says how many of the answer's tokens it holds, for dialects that number."""
        ...

    def reasoning(self, piece: str) -> bytes: ...

    def tool_open(self, index: int, id: str, name: str) -> bytes:
        """The opening of tool call `index`, counted from 0."""
        ...

    def tool_fragment(self, index: int, piece: str) -> bytes:
        """The next piece of the JSON arguments of tool call `index`."""
        ...

    def finish(self, reason: str, usage: Usage, last: str = "") -> bytes:
        """Finish reason and usage, everything before the last word.

        `last` is text that has not been sent yet; it rides on the finish where the dialect's servers do
        that, and goes before it elsewhere.
        """
        ...

    def end(self) -> bytes:
        """The dialect's last word; may be empty."""
        ...

    def error(self, code: str, message: str, shape: str = "") -> bytes:
        """The dialect's way to fail in the middle of a stream; `shape` is one of its `error_shapes`.

        Raises ValueError for another shape. `end` follows it where the dialect's servers do so.
        """
        ...


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What is fixed about an answer before its first token."""

    id: str
    model: str
    created_s: int
    include_usage: bool = False
    continuous_usage: bool = False  # counts on every chunk, where the dialect has that
    input_tokens: int = 0  # for dialects that state them before the first token
    resume_at: int = 0  # tokens that the client has from an earlier attempt


class Dialect(Protocol):
    """Both directions of one provider's API."""

    @property
    def name(self) -> str: ...

    @property
    def wire(self) -> str:
        """The framing of a stream: a file of `harness.wire`, `sse` or `ndjson`."""
        ...

    @property
    def path(self) -> str:
        """Where the API is usually mounted."""
        ...

    @property
    def error_shapes(self) -> tuple[str, ...]:
        """The ways in which servers of this dialect fail in mid-stream; the first is the usual one."""
        ...

    def request(self, ask: Ask, path: str) -> HttpRequest:
        """`path` is where answers are streamed; a whole one may have a place of its own, told from it."""
        ...

    def decoder(self) -> Decoder: ...

    def encoder(self, reply: Reply) -> Encoder: ...

    def whole(
        self,
        reply: Reply,
        text: str,
        reason: str,
        usage: Usage,
        tools: Sequence[ToolCall] = (),
        reasoning: str = "",
    ) -> bytes:
        """The body of an answer that is not streamed."""
        ...

    def read_whole(self, body: bytes) -> Sequence[TokenEvent]:
        """What the body of an answer that is not streamed means; never raises.

        The last event of an answer is END. An error is one ERROR, and what is no answer one CORRUPT.
        """
        ...

    def error_body(self, status: int, code: str, message: str) -> bytes:
        """The body of an HTTP error."""
        ...

    def read_error(self, body: bytes) -> tuple[str, str]:
        """(code, message) of an HTTP error body; ("", "") where it is not this dialect's."""
        ...
