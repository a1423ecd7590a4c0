"""H1: an HTTP error instead of an answer, with the dialect's own body."""

from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.requests.request import Problem
from mock_provider.script import Do, Script, Step


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    error = setting.error(Problem(rule.status, "The provider failed, as planned."), ())
    return error.replace([Step(0, Do.FAULT), *error.steps], ends_by_fault=True)


FAULT = Fault(play=play, takes=("status",), positional=False, needs_stream=False, generates=False)
