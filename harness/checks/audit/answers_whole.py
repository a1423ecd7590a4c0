"""An answer that is not streamed is whole, or an error."""

from collections.abc import Sequence

from harness.checks.audit import hearing, tally
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms

_CUT = "cut by the provider"
_AT = 15


def ask(terms: Terms) -> Sequence[Question]:
    return [
        Question(name="short", endpoint="whole", tokens=20, limits=hearing.BRIEF),
        Question(name="long", endpoint="whole", tokens=400, itl_ms=1, limits=hearing.BRIEF),
        Question(name=_CUT, endpoint="whole", tokens=30, fault=f"s2@{_AT}", limits=hearing.BRIEF),
    ]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    judged = [one for one in heard if one.ledger and (one.question.name != _CUT or hearing.hit(one))]
    if not any(one.question.name != _CUT for one in judged):
        return hearing.unjudged(hearing.why_nothing(heard))
    wrong = tally.wrong(judged, _against)
    if wrong:
        return tally.failed(
            f"{len(wrong)} of {len(judged)} answers in one piece were not what the provider wrote.",
            wrong,
            fix=_fix(tally.heard(wrong)),
        )
    tokens = sum(hearing.written(one) for one in judged if one.question.name != _CUT)
    broken = " and one that the provider broke was an error" if len(judged) == len(heard) else ""
    return tally.passed(f"{tokens} tokens arrived whole in answers of one piece{broken}.")


def _against(one: Heard) -> str:
    """What is wrong with the answer; empty for nothing."""
    record, row = one.record, hearing.last(one)
    assert row is not None
    if one.question.name == _CUT:
        shown = record.status == 200 and one.text()
        return f"{record.tokens} of {row.planned_tokens} tokens came with status 200" if shown else ""
    if not hearing.whole(one):
        return hearing.came(one)
    if not one.headers.get("content-type", "").startswith("application/json"):
        return f"content-type {one.headers.get('content-type') or 'missing'}"
    return ""


def _fix(wrong: Sequence[Heard]) -> str:
    if all(one.question.name == _CUT for one in wrong):
        return (
            "Answer with an error status (502) unless the provider gave a finish reason and ended its body "
            "as HTTP says it must: what came so far is not the answer."
        )
    return ""


CHECK = Check(
    id="answers_whole",
    group="integrity",
    promise="An answer that is not streamed is the provider's whole answer, or an error.",
    how="A short and a long answer, and one that the provider breaks off, are asked for in one piece.",
    fix="Collect every piece of text until the provider's last word, and answer with one JSON object.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock", "whole"}),
)
