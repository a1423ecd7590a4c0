"""S5: an error event in mid-answer, in each shape that the dialect's servers have."""

from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.script import Do, Script, StreamError, end_early

_ERRORS = {
    "overloaded": ("overloaded_error", "Overloaded"),
    "server": ("server_error", "The engine failed, as planned."),
    "rate_limit": ("rate_limit_exceeded", "Rate limit reached in the middle of the answer."),
}


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    """A kind is `ERROR` or `ERROR-N`, N counting the dialect's shapes from 0; beyond them is the last."""
    name, _, number = FAULT.kind(rule).partition("-")
    shapes = setting.dialect.error_shapes
    shape = shapes[min(int(number or 0), len(shapes) - 1)]
    closing = (Do.ERROR, Do.END, Do.CLOSE) if rule.done else (Do.ERROR, Do.CLOSE)
    cut = end_early(script, rule.at_token, *closing)
    return cut.replace(cut.steps, error=StreamError(*_ERRORS[name], shape))


_KINDS = tuple(f"{name}-{number}" if number else name for name in _ERRORS for number in range(4))
FAULT = Fault(play=play, takes=("kind",), kinds=("server", *(kind for kind in _KINDS if kind != "server")))
