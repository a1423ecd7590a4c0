"""C2: the request is accepted and no header comes; then all of it does, or the connection closes."""

from harness.clock import SECOND
from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.script import Do, Script, Step, delay


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    silence_ns = round(rule.seconds * SECOND)
    if rule.then == "die":
        steps = [Step(0, Do.FAULT), Step(silence_ns, Do.FIN)]
        return script.replace(steps, ends_by_fault=True, injected_ns=silence_ns)
    return script.replace([Step(0, Do.FAULT), *delay(script.steps, silence_ns)], injected_ns=silence_ns)


FAULT = Fault(play=play, takes=("seconds", "then"), positional=False, needs_stream=False)
