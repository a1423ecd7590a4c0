"""H2: 429 with Retry-After in each of its spellings, some of which clients get wrong."""

from email.utils import formatdate

from harness.clock import SECOND
from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.requests.request import Problem, retry_headers
from mock_provider.script import Do, Headers, Script, Step

_LONG_S = 200  # beyond 120 s the OpenAI SDK no longer waits, and no longer retries
_DATE_S = 4_102_444_800  # the first second of 2100: a date needs no clock to be in the future


def _headers(kind: str, seconds: float) -> Headers:
    match kind:
        case "s":
            return (("retry-after", f"{seconds:g}"),)
        case "date":
            return (("retry-after", formatdate(_DATE_S, usegmt=True)),)
        case "long":
            return (("retry-after", f"{seconds or _LONG_S:g}"),)
        case "zero":
            return (("retry-after", "0"),)
        case "none":
            return ()
        case _:
            return retry_headers(round(seconds * SECOND))


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    problem = Problem(429, "Rate limit reached, as planned.", code="rate_limit_exceeded")
    error = setting.error(problem, _headers(FAULT.kind(rule), rule.seconds))
    return error.replace([Step(0, Do.FAULT), *error.steps], ends_by_fault=True)


FAULT = Fault(
    play=play,
    takes=("kind", "ms"),
    kinds=("ms", "s", "date", "long", "zero", "none"),
    positional=False,
    needs_stream=False,
    generates=False,
)
