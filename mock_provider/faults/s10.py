"""S10: the same answer in every framing that a server may choose, and in some that it should not.

W15, W22-over, W23 and W25 are endings or frames that no decoder can like; all others give the same answer.
"""

from collections.abc import Callable

from harness.dialects.dialect import Dialect
from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.faults.s11 import after_end
from mock_provider.framing import GROUP, REFRAMES
from mock_provider.script import CONTENT, Do, Script, Step, insert

# Where nothing but the cuts, the coding or the events' order differs, any wire format can play it.
_ANY_WIRE = ("W01", "W02", "W16", "W17", "W20", "W21", "W23", "W24", "W25", "W26")


def _together(steps: list[Step], size: int) -> list[Step]:
    """What is written together is written when the last of it is due, and the ledger says so."""
    placed: list[Step] = []
    at_ns, content = steps[-1].at_ns, sum(step.do in CONTENT for step in steps)
    for step in reversed(steps):
        if step.do in CONTENT:
            if size and content % size == 0:
                at_ns = step.at_ns
            content -= 1
        placed.append(step._replace(at_ns=at_ns) if step.do in CONTENT or not size else step)
    return placed[::-1]


def _coalesced(script: Script, size: int) -> Script:
    return script.replace([script.steps[0], *_together(script.steps[1:], size)])


def _nothing(script: Script, *last: Do) -> Script:
    """The head, perhaps the last word, and a clean end of HTTP."""
    at_ns = script.steps[1].at_ns
    closing = [Step(at_ns, do) for do in (Do.FAULT, *last, Do.CLOSE)]
    return script.replace([script.steps[0], *closing], ends_by_fault=True)


_SCRIPTS: dict[str, Callable[[Script], Script]] = {
    "W21": lambda script: _coalesced(script, 0),
    "W23": _nothing,
    "W23-done": lambda script: _nothing(script, Do.END),
    "W24": lambda script: after_end(script, Step(0, Do.EXTRA)),
    "W24-twice": lambda script: after_end(script, Step(0, Do.END)),
    "W25": lambda script: insert(script, 1, Step(0, Do.SPOILED, data=b"bad_utf8")),
    "W26-gzip": lambda s: s.replace(s.steps, headers=(*s.headers, ("content-encoding", "gzip"))),
    "W26-many": lambda script: _coalesced(script, GROUP),
    "W26-extension": lambda script: script.replace(script.steps, chunk_extension=b";mock=1"),
    "W26-trailer": lambda script: script.replace(
        script.steps, headers=(*script.headers, ("trailer", "x-mock-end")), trailer=b"x-mock-end: 1\r\n"
    ),
}
KINDS = sorted({*REFRAMES, *_SCRIPTS})


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    kind = FAULT.kind(rule)
    changed = _SCRIPTS[kind](script) if kind in _SCRIPTS else script
    marked = any(step.do is Do.FAULT for step in changed.steps)
    steps = changed.steps if marked else [Step(0, Do.FAULT), *changed.steps]
    return changed.replace(steps, reframe=REFRAMES.get(kind))


def can_play(kind: str, dialect: Dialect) -> bool:
    return dialect.wire == "sse" or kind[:3] in _ANY_WIRE


FAULT = Fault(
    play=play,
    takes=("kind",),
    kinds=("W02", *(kind for kind in KINDS if kind != "W02")),
    positional=False,
    can_play=can_play,
)
