"""S4: the content-length promises more than comes before the connection closes."""

import msgspec

from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.script import Do, Framing, Script, end_early

_PROMISED = 1 << 24  # more than any answer


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    cut = end_early(script, rule.at_token, Do.FIN)
    if cut.framing is Framing.LENGTH:
        return cut  # a whole body announces its length as it is
    return msgspec.structs.replace(cut, framing=Framing.LENGTH, length=_PROMISED)


FAULT = Fault(play=play, needs_stream=False)
