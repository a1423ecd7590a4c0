"""S1, the clean early end: HTTP ends as it should, the dialect's marker never came. Nobody notices."""

from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Setting
from mock_provider.script import Do, Script, end_early


class CleanEarlyEnd:
    needs_stream = True

    def label(self, rule: FaultRule) -> str:
        return f"s1@{rule.at_token}"

    def play(self, script: Script, rule: FaultRule, setting: Setting) -> Script:
        return end_early(script, rule.at_token, self.label(rule), Do.CLOSE)


FAULT = CleanEarlyEnd()
