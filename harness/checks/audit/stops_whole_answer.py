"""A user who leaves while waiting for an answer in one piece stops the provider."""

from collections.abc import Sequence

from harness.checks.audit.check import Check, Finding, Heard, Leave, Question, Terms
from harness.checks.audit.leaving import judge_leaving, lasting_tokens

_ITL_MS = 50.0


def ask(terms: Terms) -> Sequence[Question]:
    tokens = lasting_tokens(terms.cancel_within_s, _ITL_MS)
    return [
        Question(
            name=f"{how} while it waits",
            endpoint="whole",
            tokens=tokens,
            itl_ms=_ITL_MS,
            leave=Leave(after_s=0.5, how="rst" if how == "resets" else "fin"),
        )
        for how in ("closes", "resets")
    ]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    return judge_leaving(heard, terms.cancel_within_s, drains=terms.after_disconnect == "drain")


CHECK = Check(
    id="stops_whole_answer",
    group="cancellation",
    promise="When a user stops waiting for an answer in one piece, the provider is stopped (or finishes, as "
    "declared).",
    how="Users of the non-streaming endpoint leave half a second after asking.",
    fix="Nothing is written before the answer is whole, so no write can fail: watch for the disconnect while "
    "waiting, and cancel the upstream request. Asking the provider for a stream even here makes that cheap.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock", "whole"}),
)
