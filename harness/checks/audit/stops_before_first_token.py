"""A user who leaves while waiting for the first token stops the provider."""

from collections.abc import Sequence

from harness.checks.audit.check import Check, Finding, Heard, Leave, Question, Terms
from harness.checks.audit.leaving import MORE_S, judge_leaving


def ask(terms: Terms) -> Sequence[Question]:
    silent_s = terms.cancel_within_s + MORE_S
    return [
        _question("closes while the model thinks", silent_s, "fin"),
        _question("resets while the model thinks", silent_s, "rst"),
        # Before the provider's head many systems wait in another place of their code.
        Question(
            name="closes before the provider's head",
            ttft_ms=10,
            tokens=5,
            fault=f"c2:{silent_s:g}",
            leave=Leave(before_first=True),
        ),
    ]


def _question(name: str, silent_s: float, how: str) -> Question:
    leave = Leave(before_first=True, how="rst" if how == "rst" else "fin")
    return Question(name=name, ttft_ms=silent_s * 1000, tokens=5, leave=leave)


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    return judge_leaving(heard, terms.cancel_within_s, drains=terms.after_disconnect == "drain")


CHECK = Check(
    id="stops_before_first_token",
    group="cancellation",
    promise="When a user leaves before the first token, the provider is stopped (or finishes, as declared).",
    how="Users leave a moment after asking, while the provider thinks or has not even sent its head.",
    fix="A handler that awaits the upstream's head or first chunk does not write, so it does not notice that "
    "its client has gone: race that wait against the disconnect, and cancel the upstream request.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
    weight=2,
)
