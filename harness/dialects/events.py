"""What a frame means, the same for every provider."""

from enum import IntEnum

import msgspec


class Kind(IntEnum):
    TEXT = 1  # visible answer text, never empty
    REASONING = 2  # never empty
    TOOL = 3  # a tool call's opening, or a fragment of its arguments
    USAGE = 4
    FINISH = 5  # the reason why generation ended
    END = 6  # the dialect's last word
    ERROR = 7
    OTHER = 8  # role chunks, pings, empty deltas: proof of life, not content
    CORRUPT = 9  # not what the dialect allows


CONTENT = (Kind.TEXT, Kind.REASONING, Kind.TOOL)


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Token counts as the provider states them; the last one in a stream is the truth."""

    input_tokens: int
    output_tokens: int


class TokenEvent(msgspec.Struct, frozen=True, gc=False):
    """One meaning. `text` is the content, or an error's message; `code` a finish reason or error code."""

    kind: Kind
    text: str = ""
    code: str = ""
    usage: Usage | None = None


OTHER = TokenEvent(Kind.OTHER)
END = TokenEvent(Kind.END)


class Completion(IntEnum):
    """How much of its ending a stream has shown."""

    OPEN = 0
    FINISHED = 1  # a finish reason, but not the dialect's last word; counts if HTTP ended cleanly
    FULL = 2
