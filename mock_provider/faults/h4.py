"""H4: refusals that no retry can help: the quota of the account is spent, or the prompt is too long.

They can be told from a 429 that passes by what is sent, and each provider has its own way: OpenAI's 429 names
a code, others have another status for who cannot pay. None of them sends `x-should-retry` then.
"""

from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.requests.request import Problem
from mock_provider.script import Do, Script, Step

# (status, message, code, type, parameter), as OpenAI has them
_PROBLEMS: dict[str, tuple[int, str, str, str, str | None]] = {
    "quota": (429, "You exceeded your current quota.", "insufficient_quota", "insufficient_quota", None),
    "context": (400, "The prompt exceeds the context.", "context_length_exceeded", "", "messages"),
    "filter": (400, "The content was filtered.", "content_filter", "", "prompt"),
}
_NO_CREDIT = (402, "The credits of this account are used up.", "", "", None)
_TOO_LONG = (422, "The prompt and max_new_tokens exceed the context.", "validation", "", None)
_ELSEWHERE: dict[tuple[str, str], tuple[int, str, str, str, str | None]] = {
    ("anthropic", "quota"): (400, "The credit balance of this account is too low.", "", "", None),
    ("gemini", "quota"): (403, "Billing is disabled for this project.", "", "", None),
    ("ollama", "quota"): _NO_CREDIT,
    ("tgi", "quota"): _NO_CREDIT,
    ("tgi", "context"): _TOO_LONG,
    ("tgi_chat", "quota"): _NO_CREDIT,
    ("tgi_chat", "context"): _TOO_LONG,
}


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    kind = FAULT.kind(rule)
    told = _ELSEWHERE.get((setting.dialect.name, kind), _PROBLEMS[kind])
    status, message, code, type_, param = told
    error = setting.error(Problem(status, message, code, param, type_), ())
    return error.replace([Step(0, Do.FAULT), *error.steps], ends_by_fault=True)


FAULT = Fault(
    play=play,
    takes=("kind",),
    kinds=tuple(_PROBLEMS),
    positional=False,
    needs_stream=False,
    generates=False,
)
