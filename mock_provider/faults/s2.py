"""S2: the connection closes in mid-answer, the chunked body without its terminator."""

from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.script import Do, Script, end_early


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    return end_early(script, rule.at_token, Do.FIN)


FAULT = Fault(play=play, needs_stream=False)
