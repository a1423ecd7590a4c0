"""C1: the connection is cut before any header, after an optional wait."""

from harness.clock import SECOND
from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.script import Do, Script, Step


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    at_ns = round(rule.seconds * SECOND)
    closing = Do.FIN if FAULT.kind(rule) == "fin" else Do.RST
    steps = [Step(0, Do.FAULT), Step(at_ns, closing)]
    return script.replace(steps, ends_by_fault=True, injected_ns=at_ns)


FAULT = Fault(
    play=play,
    takes=("kind", "seconds"),
    kinds=("rst", "fin"),
    positional=False,
    needs_stream=False,
    generates=False,
)
