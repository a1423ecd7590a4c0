"""What a dialect is: how to ask, how to understand the answer, and how to give one."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from harness.dialects.events import Completion, TokenEvent, Usage
from harness.wire.frame import Frame


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One question of a user, in no provider's words."""

    prompt: str
    model: str = ""
    max_tokens: int | None = None
    stream: bool = True
    api_key: str = ""


class HttpRequest(msgspec.Struct, frozen=True):
    """A request before it has an address. Header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


class Decoder(Protocol):
    """Frames -> token events, for one answer."""

    @property
    def completion(self) -> Completion: ...

    def feed(self, frame: Frame) -> Sequence[TokenEvent]:
        """What `frame` means; never raises: nonsense is a CORRUPT event."""
        ...


class Encoder(Protocol):
    """Token events -> bytes, for one streamed answer. Each method returns whole frames, wire-ready."""

    def start(self) -> bytes:
        """What precedes the first token (a role chunk, a message head); may be empty."""
        ...

    def text(self, piece: str) -> bytes: ...

    def finish(self, reason: str, usage: Usage) -> bytes:
        """Finish reason and usage, everything before the last word."""
        ...

    def end(self) -> bytes:
        """The dialect's last word; may be empty."""
        ...

    def error(self, code: str, message: str) -> bytes:
        """The dialect's way to fail in the middle of a stream."""
        ...


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What is fixed about an answer before its first token."""

    id: str
    model: str
    created_s: int
    include_usage: bool = False


class Dialect(Protocol):
    """Both directions of one provider's API."""

    @property
    def name(self) -> str: ...

    @property
    def wire(self) -> str:
        """The framing of a stream: `sse`."""
        ...

    @property
    def path(self) -> str:
        """Where the API is usually mounted."""
        ...

    def request(self, ask: Ask, path: str) -> HttpRequest: ...

    def decoder(self) -> Decoder: ...

    def encoder(self, reply: Reply) -> Encoder: ...

    def whole(self, reply: Reply, text: str, reason: str, usage: Usage) -> bytes:
        """The body of an answer that is not streamed."""
        ...

    def error_body(self, status: int, code: str, message: str) -> bytes:
        """The body of an HTTP error."""
        ...

    def read_error(self, body: bytes) -> tuple[str, str]:
        """(code, message) of an HTTP error body; ("", "") where it is not this dialect's."""
        ...
