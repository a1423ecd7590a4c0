"""What will be written for one request, and when: decided whole, before its first byte.

A script is a list of steps with absolute offsets. Pacing makes it, a fault rewrites it, the player follows
it. So a fault is a function from script to script, and the same seed gives the same script.
"""

from enum import IntEnum
from typing import NamedTuple

import msgspec

from harness.clock import SECOND

Headers = tuple[tuple[str, str], ...]


class Do(IntEnum):
    HEAD = 1  # status line and headers
    START = 2  # what the dialect says before its first token
    TOKENS = 3  # the next `tokens` tokens of the answer, in one frame
    FINISH = 4  # finish reason and usage
    END = 5  # the dialect's last word
    BYTES = 6  # `data` as it is; `tokens` of the answer are in it
    FAULT = 7  # writes nothing: from here on the fault has been played
    CLOSE = 8  # the HTTP message ends as HTTP wants it
    FIN = 9  # the connection closes, whatever the message still owes
    RST = 10  # the same, abruptly


class Step(NamedTuple):
    at_ns: int  # from admission
    do: Do
    tokens: int = 0
    data: bytes = b""


class Framing(IntEnum):
    """How HTTP learns where the body ends."""

    CHUNKED = 1
    LENGTH = 2  # the content-length of `Script.length`
    CLOSE = 3  # with the connection; what is left to HTTP/1.0


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """Steps in order of time, and what they need to be carried out."""

    steps: list[Step]
    status: int = 200
    headers: Headers = ()
    framing: Framing = Framing.CHUNKED
    length: int = 0
    finish_reason: str = "stop"
    fault: str = ""  # label of the fault that is in it
    injected_ns: int = 0  # delay that the fault adds

    def replace(self, steps: list[Step], **changes: object) -> "Script":
        return msgspec.structs.replace(self, steps=steps, **changes)


RST_AFTER_NS = SECOND // 20  # an earlier RST may take written bytes out of the peer's hands


def split(steps: list[Step], token: int) -> tuple[list[Step], list[Step]]:
    """The steps before `token` tokens are out, and those after; a frame across the cut becomes two.

    An answer shorter than that is cut after its last token, a whole (unstreamed) body in its middle.
    """
    before: list[Step] = []
    left = token
    for index, step in enumerate(steps):
        rest = steps[index:]
        if step.do is Do.TOKENS:
            if step.tokens > left:
                halves = [step._replace(tokens=left)] if left else []
                return before + halves, [step._replace(tokens=step.tokens - left), *rest[1:]]
            left -= step.tokens
        elif step.do is Do.BYTES:
            cut, tokens = len(step.data) // 2, step.tokens // 2
            first = Step(step.at_ns, Do.BYTES, tokens, step.data[:cut])
            second = Step(step.at_ns, Do.BYTES, step.tokens - tokens, step.data[cut:])
            return [*before, first], [second, *rest[1:]]
        elif step.do in (Do.FINISH, Do.END, Do.CLOSE):
            return before, rest
        before.append(step)
    return before, []


def end_early(script: Script, token: int, fault: str, closing: Do) -> Script:
    """Everything up to `token`, then `closing` at the moment when the next frame was due."""
    before, after = split(script.steps, token)
    last_ns = before[-1].at_ns if before else 0
    at_ns = after[0].at_ns if after else last_ns
    if closing is Do.RST:
        at_ns = max(at_ns, last_ns + RST_AFTER_NS)
    return script.replace([*before, Step(at_ns, Do.FAULT), Step(at_ns, closing)], fault=fault)


def delay(steps: list[Step], by_ns: int) -> list[Step]:
    """The same steps, all later."""
    return [step._replace(at_ns=step.at_ns + by_ns) for step in steps]


def whole(
    status: int, body: bytes, headers: Headers, *, at_ns: int = 0, tokens: int = 0, finish_reason: str = ""
) -> Script:
    """An answer in one piece: errors, and what was not to be streamed."""
    steps = [Step(at_ns, Do.HEAD), Step(at_ns, Do.BYTES, tokens, body), Step(at_ns, Do.CLOSE)]
    return Script(
        steps=steps,
        status=status,
        headers=(("content-type", "application/json"), *headers),
        framing=Framing.LENGTH,
        length=len(body),
        finish_reason=finish_reason,
    )
