"""S3: the connection is reset in mid-answer."""

from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Setting
from mock_provider.script import Do, Script, end_early


class Reset:
    needs_stream = False

    def label(self, rule: FaultRule) -> str:
        return f"s3@{rule.at_token}"

    def play(self, script: Script, rule: FaultRule, setting: Setting) -> Script:
        return end_early(script, rule.at_token, self.label(rule), Do.RST)


FAULT = Reset()
