"""A user who closes in mid-answer stops the provider."""

from collections.abc import Sequence

from harness.checks.audit.check import Check, Finding, Heard, Leave, Question, Terms
from harness.checks.audit.leaving import LATEST_S, judge_leaving, lasting_tokens

_ITL_MS = 25.0


def ask(terms: Terms) -> Sequence[Question]:
    tokens = lasting_tokens(terms.cancel_within_s, _ITL_MS)
    return [
        Question(name=name, tokens=tokens, itl_ms=_ITL_MS, leave=leave)
        for name, leave in (
            ("closes at token 5", Leave(at_token=5, after_s=LATEST_S)),
            ("resets at token 5", Leave(at_token=5, after_s=LATEST_S, how="rst")),
            ("closes at token 20", Leave(at_token=20, after_s=LATEST_S)),
        )
    ]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    return judge_leaving(heard, terms.cancel_within_s, drains=terms.after_disconnect == "drain")


CHECK = Check(
    id="stops_on_close",
    group="cancellation",
    promise="When a user closes the page in mid-answer, the provider is stopped (or finishes, as declared).",
    how="Users close or reset their connection in mid-answer; the provider's book says when it heard of it "
    "and what it wrote after that.",
    fix="Watch the user's connection while streaming and close the upstream request when it is gone. A "
    "disconnect shows in the framework's cancellation or disconnect event, not in the next write alone. If "
    "finishing is on purpose, declare after_disconnect: drain; if answers wait for their users, resume.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
    weight=3,
)
