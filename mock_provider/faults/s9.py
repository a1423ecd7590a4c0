"""S9: 200, and in it no stream: a page, an error object, or nothing."""

import msgspec

from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.requests.request import Problem
from mock_provider.script import JSON, Do, Script, Step, whole

_PAGE = b"<!doctype html><html><body><h1>Welcome</h1></body></html>"


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    match FAULT.kind(rule):
        case "json":
            error = setting.error(Problem(500, "The provider failed, as planned."), ())
            played = msgspec.structs.replace(error, status=200)
        case "empty":
            played = whole(200, b"", (), kind=script.headers[:1] or JSON)
        case _:
            played = whole(200, _PAGE, (), kind=(("content-type", "text/html; charset=utf-8"),))
    return played.replace([Step(0, Do.FAULT), *played.steps], ends_by_fault=True)


FAULT = Fault(
    play=play,
    takes=("kind",),
    kinds=("html", "json", "empty"),
    positional=False,
    needs_stream=False,
    generates=False,
)
