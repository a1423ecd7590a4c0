"""H1: an HTTP error instead of an answer, with the dialect's own body."""

from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Setting
from mock_provider.script import Do, Script, Step


class ErrorStatus:
    needs_stream = False

    def label(self, rule: FaultRule) -> str:
        return f"h1:{rule.status}"

    def play(self, script: Script, rule: FaultRule, setting: Setting) -> Script:
        error = setting.error(rule.status)
        return error.replace([Step(0, Do.FAULT), *error.steps], fault=self.label(rule))


FAULT = ErrorStatus()
