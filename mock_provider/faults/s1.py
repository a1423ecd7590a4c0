"""S1, the clean early end: HTTP ends as it should, the dialect's marker never came. Nobody notices."""

from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.script import Do, Script, end_early


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    return end_early(script, rule.at_token, Do.CLOSE)


FAULT = Fault(play=play)
