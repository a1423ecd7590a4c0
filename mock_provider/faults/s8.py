"""S8: one frame that breaks the format, between two that do not; no token of the answer is in it."""

from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.script import Do, Script, Step, insert

GHOST = "ghost"  # the text of the frame that is then spoiled


def spoil(frame: bytes, kind: str) -> bytes:
    """`frame`, which says GHOST, made wrong in one way."""
    match kind:
        case "bad_utf8":
            return frame.replace(GHOST.encode(), b"gh\xffst")
        case "wrong_type":
            return frame.replace(b'"ghost"', b'{"ghost":[1]}')
        case "empty":
            return b"data:\n\n"
        case "unknown_event":
            return b'event: mystery\ndata: {"type":"mystery","mystery":true}\n\n'
        case _:
            # Without its last brace: valid for as long as one reads, and never whole.
            body, brace, end = frame.rpartition(b"}")
            return body + end if brace else frame


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    kind = FAULT.kind(rule)
    if kind == "unknown_finish":
        strange = insert(script, rule.at_token)
        return strange.replace(strange.steps, finish_reason="mystery")
    return insert(script, rule.at_token, Step(0, Do.SPOILED, data=kind.encode()))


FAULT = Fault(
    play=play,
    takes=("kind",),
    kinds=("bad_json", "bad_utf8", "empty", "wrong_type", "unknown_event", "unknown_finish"),
)
