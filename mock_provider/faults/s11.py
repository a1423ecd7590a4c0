"""S11: tokens that do not belong: a repeated one, two in the wrong order, one after the last word."""

from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.script import Do, Script, Step, insert, split


def after_end(script: Script, *extra: Step) -> Script:
    """`extra` between the dialect's last word and the end of the HTTP message."""
    steps: list[Step] = []
    for step in script.steps:
        if step.do is Do.CLOSE:
            steps += [late._replace(at_ns=step.at_ns) for late in (Step(0, Do.FAULT), *extra)]
        steps.append(step)
    return script.replace(steps)


def _swapped(script: Script, token: int) -> Script:
    """The frame at `token` after its successor, in the place of each other's time."""
    before, after = split(script.steps, token)
    if len(after) < 2 or after[0].do is not Do.TEXT or after[1].do is not Do.TEXT:
        return script.replace([*before, Step(after[0].at_ns if after else 0, Do.FAULT), *after])
    first, second, *rest = after
    swapped = [second._replace(at_ns=first.at_ns), first._replace(at_ns=second.at_ns)]
    return script.replace([*before, Step(first.at_ns, Do.FAULT), *swapped, *rest])


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    match FAULT.kind(rule):
        case "reordered":
            return _swapped(script, rule.at_token)
        case "after_done":
            return after_end(script, Step(0, Do.EXTRA, nth=rule.at_token))
        case "two_done":
            return after_end(script, Step(0, Do.END))
        case _:
            token = max(1, rule.at_token)
            return insert(script, token, Step(0, Do.EXTRA, nth=token - 1))


FAULT = Fault(play=play, takes=("kind",), kinds=("duplicate", "reordered", "after_done", "two_done"))
