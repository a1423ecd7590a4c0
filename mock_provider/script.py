"""What will be written for one request, and when: decided whole, before its first byte.

A script is a list of steps with absolute offsets. Pacing makes it, a fault rewrites it, the player follows
it. So a fault is a function from script to script, and the same seed gives the same script.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple, Protocol

import msgspec

from harness.clock import SECOND

Headers = tuple[tuple[str, str], ...]


class Do(IntEnum):
    HEAD = 1  # status line and headers
    START = 2  # what the dialect says before its first token
    TEXT = 3  # `tokens` tokens in one frame: the canonical ones from number `nth`, or `data`
    REASON = 4  # `tokens` tokens of reasoning, `data`
    TOOL_OPEN = 5  # tool call `nth`; `data` is its id and name
    TOOL = 6  # `tokens` tokens of the arguments of tool call `nth`, `data`
    FINISH = 7  # finish reason and usage
    END = 8  # the dialect's last word
    BYTES = 9  # `data` as it is; `tokens` tokens of the answer are in it, `nth` of them no text
    EXTRA = 10  # a frame with canonical token `nth` that the answer does not need
    SPOILED = 11  # a frame that no decoder can like; `data` names how
    ERROR = 12  # the dialect's error event
    FAULT = 13  # writes nothing: from here on the fault has been played
    CLOSE = 14  # the HTTP message ends as HTTP wants it
    FIN = 15  # the connection closes, whatever the message still owes
    RST = 16  # the same, abruptly


CONTENT = (Do.TEXT, Do.REASON, Do.TOOL)
_AFTER_CONTENT = (Do.FINISH, Do.END, Do.CLOSE)


class Step(NamedTuple):
    at_ns: int  # from admission
    do: Do
    tokens: int = 0
    data: bytes = b""
    nth: int = 0


class Reframe(Protocol):
    """Rewrites the frames of one answer on their way out; each piece is an HTTP chunk of its own."""

    def __call__(self, frame: bytes, do: Do, tokens: int) -> list[bytes]:
        """What is written now instead of `frame`, the work of a step `do`, `tokens` being out with it."""
        ...

    def end(self) -> list[bytes]:
        """What is still to be written when HTTP is about to end its message."""
        ...


class Framing(IntEnum):
    """How HTTP learns where the body ends."""

    CHUNKED = 1
    LENGTH = 2  # the content-length of `Script.length`
    CLOSE = 3  # with the connection; what is left to HTTP/1.0
    EMPTY = 4  # there is none: 204


class StreamError(NamedTuple):
    """An error event: its code, its message, and which of the dialect's shapes it takes."""

    code: str
    message: str
    shape: str


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """Steps in order of time, and what they need to be carried out."""

    steps: list[Step]
    status: int = 200
    headers: Headers = ()
    framing: Framing = Framing.CHUNKED
    length: int = 0
    finish_reason: str = "stop"
    fault: str = ""  # label of the fault that is in it
    ends_by_fault: bool = False
    injected_ns: int = 0  # delay that the fault adds
    error: StreamError = StreamError("", "", "")
    reframe: Callable[[], Reframe] | None = None
    chunk_extension: bytes = b""  # after the size of each chunk, `;` included
    trailer: bytes = b""  # header lines after the last chunk

    def replace(self, steps: list[Step], **changes: object) -> "Script":
        return msgspec.structs.replace(self, steps=steps, **changes)


RST_AFTER_NS = SECOND // 20  # an earlier RST may take written bytes out of the peer's hands


def split(steps: list[Step], token: int) -> tuple[list[Step], list[Step]]:
    """The steps before `token` tokens are out, and those after; a frame across the cut becomes two.

    An answer shorter than that is cut after its last token, a whole (unstreamed) body in its middle.
    """
    before: list[Step] = []
    left = token
    for position, step in enumerate(steps):
        rest = steps[position:]
        if step.do in CONTENT:
            if step.tokens > left:
                if not left:
                    return before, rest
                first = step._replace(tokens=left)
                second = step._replace(tokens=step.tokens - left, nth=step.nth + left)
                return [*before, first], [second, *rest[1:]]
            left -= step.tokens
        elif step.do is Do.BYTES:
            cut, tokens = len(step.data) // 2, step.tokens // 2
            other = min(step.nth, tokens)
            first = step._replace(tokens=tokens, data=step.data[:cut], nth=other)
            second = step._replace(tokens=step.tokens - tokens, data=step.data[cut:], nth=step.nth - other)
            return [*before, first], [second, *rest[1:]]
        elif step.do in _AFTER_CONTENT:
            return before, rest
        before.append(step)
    return before, []


def due_ns(before: list[Step], after: list[Step]) -> int:
    """When something that comes between the two is due: when the next step was."""
    return after[0].at_ns if after else before[-1].at_ns if before else 0


def insert(script: Script, token: int, *steps: Step) -> Script:
    """`steps`, whatever instant they name, at `token`; the rest of the answer follows as before."""
    before, after = split(script.steps, token)
    at_ns = due_ns(before, after)
    placed = [step._replace(at_ns=at_ns) for step in (Step(0, Do.FAULT), *steps)]
    return script.replace([*before, *placed, *after])


def end_early(script: Script, token: int, *closing: Do) -> Script:
    """Everything up to `token`, then `closing` at the moment when the next frame was due."""
    before, after = split(script.steps, token)
    at_ns = due_ns(before, after)
    if Do.RST in closing:
        at_ns = max(at_ns, (before[-1].at_ns if before else 0) + RST_AFTER_NS)
    ending = [Step(at_ns, do) for do in (Do.FAULT, *closing)]
    return script.replace([*before, *ending], ends_by_fault=True)


def delay(steps: list[Step], by_ns: int) -> list[Step]:
    """The same steps, all later."""
    return [step._replace(at_ns=step.at_ns + by_ns) for step in steps]


JSON: Headers = (("content-type", "application/json"),)


def whole(
    status: int,
    body: bytes,
    headers: Headers,
    *,
    kind: Headers = JSON,
    at_ns: int = 0,
    tokens: int = 0,
    other_tokens: int = 0,
    finish_reason: str = "",
) -> Script:
    """An answer in one piece: errors, and what was not to be streamed. `other_tokens` of it are no text."""
    written = Step(at_ns, Do.BYTES, tokens, body, other_tokens)
    steps = [Step(at_ns, Do.HEAD), written, Step(at_ns, Do.CLOSE)]
    return Script(
        steps=steps,
        status=status,
        headers=(*kind, *headers),
        framing=Framing.LENGTH,
        length=len(body),
        finish_reason=finish_reason,
    )
