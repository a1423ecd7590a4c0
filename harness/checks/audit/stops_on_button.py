"""The stop button stops the provider, at once and under every policy."""

from collections.abc import Sequence

import msgspec

from harness.checks.audit import hearing
from harness.checks.audit.check import Check, Finding, Heard, Leave, Question, Terms
from harness.checks.audit.leaving import LATEST_S, judge_leaving, lasting_tokens
from harness.record import Outcome

_ITL_MS = 25.0
_AT_ONCE_S = 1.0


def _allowed_s(terms: Terms) -> float:
    """A button leaves nothing to wait for: grace for users who come back is not for those who press it."""
    return terms.cancel_within_s if terms.after_disconnect == "cancel" else _AT_ONCE_S


def ask(terms: Terms) -> Sequence[Question]:
    tokens = lasting_tokens(_allowed_s(terms), _ITL_MS)
    return [
        Question(
            name=f"stop at token {token}",
            tokens=tokens,
            itl_ms=_ITL_MS,
            leave=Leave(at_token=token, after_s=LATEST_S, how="stop_button"),
        )
        for token in (5, 20)
    ]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    pressed = [one for one in heard if one.stop_status is not None]
    if not pressed:
        return hearing.unjudged(f"The button could not be pressed: {hearing.endings(heard)}.")
    refused = [one for one in pressed if not 200 <= (one.stop_status or 0) < 300]
    if refused:
        return Finding(
            state="FAIL",
            evidence=f"{len(refused)} of {len(pressed)} presses of the stop button were answered with status "
            f"{refused[0].stop_status} while the answer was under way.",
            fix="Let the stop endpoint find the answer by the id that the client gave or was given, for as "
            "long as it is under way.",
            streams=hearing.streams(refused),
        )
    left = [one for one in pressed if one.record.outcome not in (Outcome.STALLED, Outcome.TIMED_OUT)]
    if len(left) < len(pressed):
        open_still = [one for one in pressed if one not in left]
        return Finding(
            state="FAIL",
            evidence=f"{len(open_still)} of {len(pressed)} stopped streams fell silent without an end.",
            fix="End the stopped stream: with the last event, or with an event that says it was stopped.",
            streams=hearing.streams(open_still),
        )
    found = judge_leaving(pressed, _allowed_s(terms), drains=False)
    return msgspec.structs.replace(found, evidence=f"Every press was accepted; {found.evidence}")


CHECK = Check(
    id="stops_on_button",
    group="cancellation",
    promise="The stop button stops the provider at once, whatever happens to users who merely disconnect.",
    how="In mid-answer the stop endpoint is called for the stream; the provider's book says when it heard of "
    "it.",
    fix="Let the stop endpoint cancel the generation itself, not the connection that it happens to be sent "
    "on: keep running answers by id, across processes if there are several.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock", "stop"}),
)
