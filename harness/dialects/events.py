"""What a frame means, the same for every provider."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Annotated, Any

import msgspec

# What reading a frame can raise: bad JSON or types, bad UTF-8, nesting without end.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


# What a provider may count. Beyond it is nonsense that would overflow the records.
Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]


class Kind(IntEnum):
    TEXT = 1  # visible answer text, never empty
    REASONING = 2  # never empty
    TOOL = 3  # a tool call's opening (its `code` is the name), or a fragment of its arguments
    USAGE = 4
    FINISH = 5  # the reason why generation ended
    END = 6  # the dialect's last word
    ERROR = 7
    OTHER = 8  # role chunks, pings, empty deltas: proof of life, not content
    CORRUPT = 9  # not what the dialect allows
    FIELD = 10  # a completed part of a structured answer: `text` is JSON, `code` the pointer to its place
    NOTE = 11  # what the model does, without its words: `code` thinking, or calling and the tool in `text`
    RESULT = 12  # what a tool that the system ran gave back: `code` is the tool's name


TEXT = Kind.TEXT  # asked for with each token, and a member of an enum costs as much as reading a string
CONTENT = (TEXT, Kind.REASONING, Kind.TOOL, Kind.FIELD)


class Usage(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Token counts as the provider states them; the last one in a stream is the truth.

    `reasoning_tokens` of the output were no answer; 0 also where a dialect has no place for them.
    """

    input_tokens: Count
    output_tokens: Count
    reasoning_tokens: Count = 0


class TokenEvent(msgspec.Struct, frozen=True, gc=False):
    """One meaning. `text` is the content, or an error's message; `code` a finish reason, an error's code, or
    the name of a tool. `id` ties a tool's result to its call."""

    kind: Kind
    text: str = ""
    code: str = ""
    usage: Usage | None = None
    id: str = ""


OTHER = TokenEvent(Kind.OTHER)
END = TokenEvent(Kind.END)


def corrupt(error: Exception | str) -> tuple[TokenEvent]:
    """One CORRUPT event that says why."""
    return (TokenEvent(Kind.CORRUPT, str(error)),)


def failed(error: Any, code: Any = None) -> TokenEvent:
    """An ERROR event out of any provider's error: an object, or a text with its code elsewhere.

    The most specific code that the object has wins: `code`, then `type`, `status`, `http_status_code`.
    """
    if isinstance(error, dict):
        for key in ("code", "type", "status", "http_status_code"):
            code = code or error.get(key)
        error = error.get("message")
    return TokenEvent(Kind.ERROR, "" if error is None else str(error), str(code or ""))


def after_end(events: Sequence[TokenEvent]) -> Sequence[TokenEvent]:
    """What a frame that follows the last word still means: content there is a ghost, an error is an error."""
    for event in events:
        if event.kind in (Kind.ERROR, Kind.CORRUPT):
            return (event,)
    if any(event.kind in CONTENT for event in events):
        return (TokenEvent(Kind.CORRUPT, "content after the end of the answer", "after_done"),)
    return (OTHER,)


class Completion(IntEnum):
    """How much of its ending a stream has shown."""

    OPEN = 0
    FINISHED = 1  # a finish reason, but not the dialect's last word; counts if HTTP ended cleanly
    FULL = 2
