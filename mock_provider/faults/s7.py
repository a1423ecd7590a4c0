"""S7, the trickle: from its token on, one frame in so many seconds, and yet the answer completes."""

from harness.clock import SECOND
from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.script import CONTENT, Do, Script, Step, due_ns, split


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    gap_ns = round(rule.seconds * SECOND)
    before, after = split(script.steps, rule.at_token)
    begins_ns = due_ns(before, after)
    steps, added_ns = [*before, Step(begins_ns, Do.FAULT)], 0
    for step in after:
        added_ns += gap_ns if step.do in CONTENT else 0
        steps.append(step._replace(at_ns=step.at_ns + added_ns))
    return script.replace(steps, injected_ns=added_ns)


FAULT = Fault(play=play, takes=("seconds",))
