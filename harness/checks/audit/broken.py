"""Whether a broken answer was told as broken; shared by the checks of errors."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from harness.checks.audit import hearing, tally
from harness.checks.audit.check import Endpoint, Finding, Heard, Question, Terms
from harness.record import Outcome

Told = Literal["said", "claimed", "cut", "hung", "garbled", "unjudged"]

_MEANS: dict[Outcome, Told] = {
    Outcome.ERROR_EVENT: "said",
    Outcome.REFUSED: "said",
    Outcome.RATE_LIMITED: "said",
    Outcome.COMPLETED: "claimed",
    Outcome.CORRUPT: "garbled",
    Outcome.RESET: "cut",
    Outcome.TRUNCATED: "cut",
    Outcome.STALLED: "hung",
    Outcome.TIMED_OUT: "hung",
}
_WORDS: dict[Told, str] = {
    "claimed": "passed off as whole",
    "cut": "cut off without a word",
    "hung": "left hanging",
    "garbled": "garbled",
}


def everywhere(terms: Terms, questions: Sequence[Question], again: Question) -> list[Question]:
    """`questions` on the streaming endpoint, and `again` on each other endpoint that the system has."""
    others: list[Endpoint] = [name for name in ("whole", "openai") if name in terms.has]
    return [*questions, *(_at(again, endpoint) for endpoint in others)]


def _at(question: Question, endpoint: Endpoint) -> Question:
    return msgspec.structs.replace(question, name=f"{question.name} ({endpoint})", endpoint=endpoint)


def told(heard: Heard) -> Told:
    """What its user was told about an answer that the provider broke."""
    record = heard.record
    if record.detail == "connect_fail":
        return "unjudged"
    meaning = _MEANS.get(record.outcome, "unjudged")
    # A client that counts sees that the text is short; the system has said that it is whole.
    return "claimed" if meaning == "cut" and record.terminal_ns is not None else meaning


def played(heard: Heard) -> bool:
    """The planned fault hit every attempt that the system made: none of them could have saved the answer."""
    return bool(heard.ledger) and all(row.fault for row in heard.ledger)


def judge_broken(heard: Sequence[Heard], terms: Terms, *, may_cut: bool) -> Finding:
    """The finding on answers that the provider broke. With `may_cut` a transparent proxy may pass it on."""
    judged = [one for one in heard if played(one) and told(one) != "unjudged"]
    if not judged:
        return hearing.unjudged(f"The fault was not played: {hearing.endings(heard) or 'nothing was asked'}.")
    cut_is_fine = may_cut and terms.provider_fault == "as_is"
    fine = ("said", "cut") if cut_is_fine else ("said",)
    wrong = [one for one in judged if told(one) not in fine]
    evidence = f"{len(judged) - len(wrong)} of {len(judged)} broken answers were told as broken"
    if wrong:
        evidence += "; " + "; ".join(_what(one) for one in wrong)
    else:
        evidence += f" ({hearing.endings(judged)})"
    if aside := [one for one in heard if one not in judged]:
        evidence += f"; not judged: {', '.join(one.question.name for one in aside)}"
    return tally.counted(evidence + ".", wrong, fix=_fix(wrong, may_cut))


def _what(heard: Heard) -> str:
    record = heard.record
    text = f"{heard.question.name}: {_WORDS[told(heard)]}"
    return f"{text} after {record.tokens} of {heard.question.tokens} tokens ({hearing.ending(record)})"


def _fix(wrong: Sequence[Heard], may_cut: bool) -> str:
    if wrong and may_cut and all(told(one) == "cut" for one in wrong):
        return (
            "Users can only guess that the answer is short: send an error event before closing, or declare "
            "provider_fault: as_is if the system is a transparent proxy."
        )
    return ""
