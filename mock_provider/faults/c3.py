"""C3: headers come, then no byte of the body; then all of it does, or the connection closes."""

from harness.clock import SECOND
from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.script import Do, Script, Step, delay


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    silence_ns = round(rule.seconds * SECOND)
    position = next(index for index, step in enumerate(script.steps) if step.do is Do.HEAD) + 1
    head, rest = script.steps[:position], script.steps[position:]
    begins_ns = head[-1].at_ns
    head = [*head, Step(begins_ns, Do.FAULT)]
    if rule.then == "die":
        steps = [*head, Step(begins_ns + silence_ns, Do.FIN)]
        return script.replace(steps, ends_by_fault=True, injected_ns=silence_ns)
    return script.replace([*head, *delay(rest, silence_ns)], injected_ns=silence_ns)


FAULT = Fault(play=play, takes=("seconds", "then"), positional=False, needs_stream=False)
