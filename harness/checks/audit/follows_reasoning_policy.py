"""What the model thinks is hidden, announced or shown, as declared."""

from collections.abc import Sequence
from typing import Any

import msgspec

from harness.checks.audit import hearing, tally
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.dialects.events import Kind

_THOUGHTLESS = ("tgi", "tgi_chat")  # provider dialects that cannot say what a model thinks
_WORDS = ("reasoning", "thinking", "thought")
_THINKS = 12


def ask(terms: Terms) -> Sequence[Question]:
    asked = [
        Question(
            name=f"thinks first, {pace}",
            tokens=20,
            reasoning_tokens=_THINKS,
            itl_ms=itl,
            limits=hearing.BRIEF,
        )
        for pace, itl in (("slowly", 20.0), ("fast", 2.0))
    ]
    if "whole" in terms.has:
        # Where an answer is not streamed there is nothing to annotate, but thoughts can leak as well.
        asked.append(
            Question(
                name="not streamed",
                endpoint="whole",
                tokens=20,
                reasoning_tokens=_THINKS,
                limits=hearing.BRIEF,
            )
        )
    return asked


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    judged = [one for one in heard if _thought(one) and _answered(one)]
    if not judged:
        if any(one.ledger for one in heard):
            return hearing.unjudged(
                f"The provider was asked and no answer with reasoning came of it: {hearing.endings(heard)}."
            )
        return hearing.unjudged(hearing.why_nothing(heard))
    wrong = tally.wrong(judged, lambda one: _against(one, terms))
    policy = {"hidden": "kept to itself", "annotated": "announced without its words", "shown": "shown"}
    if wrong:
        return tally.failed(
            f"Reasoning is declared as {terms.reasoning}, but in {len(wrong)} of {len(judged)} "
            "answers it was not so.",
            wrong,
        )
    thoughts = sum(row.other_tokens for one in judged for row in one.ledger[-1:])
    return tally.passed(
        f"{thoughts} tokens of reasoning before {len(judged)} answers were {policy[terms.reasoning]}."
    )


def _thought(one: Heard) -> bool:
    row = hearing.last(one)
    return row is not None and row.other_tokens > 0 and row.dialect not in _THOUGHTLESS


def _answered(one: Heard) -> bool:
    return one.record.status == 200 and bool(one.body)


def _against(one: Heard, terms: Terms) -> str:
    """How the answer breaks the declared policy; empty if it keeps it."""
    if one.question.endpoint == "whole":
        return "its body holds them" if terms.reasoning != "shown" and _named(one.body) else ""
    shown = "".join(arrived.event.text for arrived in one.events if arrived.event.kind is Kind.REASONING)
    kinds = [arrived.event.kind for arrived in one.events]
    if terms.reasoning != "shown":
        if shown:
            return f"{shown.count(' ')} words of it were shown"
        if one.record.altered and one.record.verified:
            return f"{one.record.altered} pieces of text in the answer are not the answer's"
        if terms.reasoning == "hidden":
            return _trace(one)
        told = Kind.NOTE in kinds[: kinds.index(Kind.TEXT)] if Kind.TEXT in kinds else Kind.NOTE in kinds
        return "" if told else "nothing was said about it before the answer"
    row = hearing.last(one)
    thought = row.other_tokens if row is not None else 0
    if (
        shown.count(" ") != thought
    ):  # each of the mock provider's tokens of reasoning ends with the only space
        return f"{shown.count(' ')} of {thought} tokens of it were shown"
    return ""


def _trace(one: Heard) -> str:
    """A sign of reasoning in what a user can read, even where no decoder takes it for content."""
    if any(arrived.event.kind is Kind.NOTE for arrived in one.events):
        return "it was announced"
    for frame in hearing.frames(one):
        if _named(frame.data):
            return f"an event of the stream holds it: {frame.data[:80].decode('utf-8', 'replace')}"
    return ""


def _named(data: bytes) -> bool:
    """Whether JSON has a key named after reasoning with text in it."""
    try:
        return _holds(msgspec.json.decode(data))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _holds(value: Any) -> bool:
    if isinstance(value, dict):
        return any(
            (isinstance(inner, str) and inner and any(word in str(key).lower() for word in _WORDS))
            or _holds(inner)
            for key, inner in value.items()
        )
    return isinstance(value, list) and any(map(_holds, value))


CHECK = Check(
    id="follows_reasoning_policy",
    group="integrity",
    promise="What the model thinks before it answers is hidden, announced or shown, as the target declares.",
    how=f"The provider thinks for {_THINKS} tokens before it answers; every event of the stream is searched.",
    fix="Decide for each kind of the provider's deltas what becomes of it (`reasoning`, `reasoning_content`, "
    "`thinking_delta`) and pass on only the kinds on your list, instead of copying deltas as they are. If "
    "what the system does is meant, declare it as policies.reasoning.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock", "reasoning"}),
)
