"""S6, the stall: silence in mid-answer, then it goes on or the connection closes."""

from harness.clock import SECOND
from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Setting
from mock_provider.script import Do, Script, Step, delay, split


class Stall:
    needs_stream = True

    def label(self, rule: FaultRule) -> str:
        died = ":die" if rule.then == "die" else ""
        return f"s6@{rule.at_token}:{rule.seconds:g}{died}"

    def play(self, script: Script, rule: FaultRule, setting: Setting) -> Script:
        silence_ns = round(rule.seconds * SECOND)
        before, after = split(script.steps, rule.at_token)
        begins_ns = after[0].at_ns if after else before[-1].at_ns
        if rule.then == "die":
            after = [Step(begins_ns, Do.FIN)]
        steps = [*before, Step(begins_ns, Do.FAULT), *delay(after, silence_ns)]
        return script.replace(steps, fault=self.label(rule), injected_ns=silence_ns)


FAULT = Stall()
