"""S10: the same answer in every legal framing, cut and layout; the cases are those of the SSE decoders."""

from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.script import Do, Reframe, Script, Step

_BOM = b"\xef\xbb\xbf"
_LONG = 65_536


def _mixed(frame: bytes) -> bytes:
    return frame.removesuffix(b"\n\n") + b"\n\r\n"


def _lines(frame: bytes) -> bytes:
    """The JSON over two data lines: between its brace and its first key a newline means nothing."""
    return frame.replace(b"data: {", b"data: {\ndata: ", 1)


def _long(frame: bytes) -> bytes:
    return frame.replace(b"data: {", b"data: {" + b" " * _LONG, 1)


def _each_byte(frame: bytes) -> list[bytes]:
    return [frame[at : at + 1] for at in range(len(frame))]


def _cut_in_characters(frame: bytes) -> list[bytes]:
    """Cut after the first byte of every multi-byte character."""
    pieces, start = [], 0
    for at, byte in enumerate(frame):
        if byte >= 0xC0:
            pieces.append(frame[start : at + 1])
            start = at + 1
    return [piece for piece in (*pieces, frame[start:]) if piece]


def _after_spaces(frame: bytes) -> list[bytes]:
    pieces = frame.split(b" ")
    return [piece + b" " for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


_CASES = {
    "W02": lambda frame, number: [frame.replace(b"\n", b"\r\n")],
    "W03": lambda frame, number: [frame.replace(b"\n", b"\r")],
    "W04": lambda frame, number: [_mixed(frame)],
    "W05": lambda frame, number: [frame.replace(b"data: ", b"data:", 1)],
    "W07": lambda frame, number: [b": ping\n\n" + frame],
    "W08": lambda frame, number: [frame if b"event:" in frame else b"event: message\n" + frame],
    "W09": lambda frame, number: [b"id: %d\n" % number + frame + b": ping\n\n"],
    "W10": lambda frame, number: [b"retry: 1500\n\n" + frame],
    "W11": lambda frame, number: [b"foo: 1\nbar\n" + frame],
    "W13": lambda frame, number: [_lines(frame)],
    "W14": lambda frame, number: [_BOM + frame if number == 0 else frame],
    "W16": lambda frame, number: _each_byte(frame),
    "W17": lambda frame, number: _cut_in_characters(frame),
    "W18": lambda frame, number: [frame.replace(b"\n", b"\r\n")[:-1], b"\n"],
    "W20": lambda frame, number: _after_spaces(frame),
    "W22": lambda frame, number: [_long(frame)],
}
CASES: dict[str, Reframe] = dict(_CASES)


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    return script.replace([Step(0, Do.FAULT), *script.steps], reframe=CASES[FAULT.kind(rule)])


FAULT = Fault(play=play, takes=("kind",), kinds=tuple(CASES), positional=False)
