"""What a request to the emitter asks for. Pure: bytes in, a request out."""

import msgspec

from harness.answer import marked_streams


class Request(msgspec.Struct, frozen=True):
    """One HTTP request, whole."""

    method: str
    path: str
    body: bytes


class _StreamOptions(msgspec.Struct):
    include_usage: bool = False


class _Body(msgspec.Struct):
    stream: bool = False
    model: str = ""
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stream_options: _StreamOptions | None = None


class Wish(msgspec.Struct, frozen=True):
    """What an OpenAI chat request wants. `stream` is None where its prompt carries no mark of ours."""

    streaming: bool
    model: str
    stream: int | None
    tokens: int | None
    usage: bool


_read_body = msgspec.json.Decoder(_Body).decode


def next_request(buffer: bytes) -> tuple[Request | None, bytes]:
    """The first whole request in `buffer` and what follows it; (None, buffer) while it is incomplete.

    Bodies need a content-length, as every client that is measured here sends one.
    """
    head, found, rest = buffer.partition(b"\r\n\r\n")
    if not found:
        return None, buffer
    line, *headers = head.split(b"\r\n")
    length = 0
    for header in headers:
        name, _, value = header.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    if len(rest) < length:
        return None, buffer
    method, path, *_ = [*line.decode("latin-1").split(" "), "", ""]
    return Request(method, path.partition("?")[0], rest[:length]), rest[length:]


def wish(body: bytes) -> Wish:
    """Raises msgspec.DecodeError for a body that is no JSON object of the expected types."""
    read = _read_body(body)
    marked = marked_streams(body.decode("utf-8", "replace"))
    asked = read.max_completion_tokens or read.max_tokens
    return Wish(
        streaming=read.stream,
        model=read.model,
        stream=marked[0] if len(marked) == 1 else None,
        tokens=asked,
        usage=read.stream_options is not None and read.stream_options.include_usage,
    )
