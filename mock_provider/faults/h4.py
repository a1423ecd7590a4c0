"""H4: refusals that no retry can help: the quota of the account is spent, or the prompt is too long."""

from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.requests.request import Problem
from mock_provider.script import Do, Script, Step

_PROBLEMS = {
    "quota": (429, "You exceeded your current quota.", "insufficient_quota", "insufficient_quota", None),
    "context": (400, "The prompt exceeds the context.", "context_length_exceeded", "", "messages"),
    "filter": (400, "The content was filtered.", "content_filter", "", "prompt"),
}


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    status, message, code, kind, param = _PROBLEMS[FAULT.kind(rule)]
    error = setting.error(Problem(status, message, code, param, kind), ())
    return error.replace([Step(0, Do.FAULT), *error.steps], ends_by_fault=True)


FAULT = Fault(
    play=play,
    takes=("kind",),
    kinds=tuple(_PROBLEMS),
    positional=False,
    needs_stream=False,
    generates=False,
)
