"""S2: the connection closes in mid-answer, the chunked body without its terminator."""

from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Setting
from mock_provider.script import Do, Script, end_early


class FinWithoutTerminator:
    needs_stream = False

    def label(self, rule: FaultRule) -> str:
        return f"s2@{rule.at_token}"

    def play(self, script: Script, rule: FaultRule, setting: Setting) -> Script:
        return end_early(script, rule.at_token, self.label(rule), Do.FIN)


FAULT = FinWithoutTerminator()
