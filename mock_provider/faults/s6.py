"""S6, the stall: silence in mid-answer, then it goes on or the connection closes."""

from harness.clock import SECOND
from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.script import Do, Script, Step, delay, due_ns, split


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    silence_ns = round(rule.seconds * SECOND)
    before, after = split(script.steps, rule.at_token)
    begins_ns = due_ns(before, after)
    dies = rule.then == "die"
    rest = [Step(begins_ns, Do.FIN)] if dies else after
    steps = [*before, Step(begins_ns, Do.FAULT), *delay(rest, silence_ns)]
    return script.replace(steps, injected_ns=silence_ns, ends_by_fault=dies)


FAULT = Fault(play=play, takes=("seconds", "then"))
