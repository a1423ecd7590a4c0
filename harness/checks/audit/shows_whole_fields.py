"""What is shown of a structured answer is complete: no half words, no half numbers."""

from collections.abc import Sequence

import msgspec

from harness.checks.audit import hearing, structure, tally
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.dialects.events import UNREADABLE


def ask(terms: Terms) -> Sequence[Question]:
    return structure.questions(["first", "second"])


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    judged = [one for one in heard if one.ledger and one.record.status == 200]
    if not judged:
        return hearing.unjudged(hearing.why_nothing(heard))
    wrong = tally.wrong(judged, lambda one: _against(one, terms))
    if wrong:
        return tally.failed(
            f"{len(wrong)} of {len(judged)} structured answers showed something that was not "
            "complete, or not all of it.",
            wrong,
        )
    return tally.passed(_praise(judged, terms))


def _praise(judged: Sequence[Heard], terms: Terms) -> str:
    if terms.structured == "raw":
        return f"The text of {len(judged)} structured answers is the JSON that the provider wrote."
    parts = sum(len(structure.shown(one)) for one in judged)
    return (
        f"{parts} events showed {len(structure.leaves())} values of each of {len(judged)} structured "
        "answers, every value as it is when complete."
    )


def _against(one: Heard, terms: Terms) -> str:
    """What is wrong with what was shown; empty for nothing."""
    if terms.structured == "raw":
        try:
            value = msgspec.json.decode(one.text())
        except UNREADABLE:
            return f"its text is no JSON, {len(one.text())} characters"
        return "" if value == structure.TRUTH else "its text is other JSON than the provider's"
    parts = structure.shown(one)
    for number, (_, path, value) in enumerate(parts, 1):
        if why := structure.untrue(path, value):
            return f"in event {number} of {len(parts)} {why}"
    missing = structure.leaves() - structure.complete(parts)
    return f"{', '.join(sorted(missing))} never shown" if missing else ""


CHECK = Check(
    id="shows_whole_fields",
    group="integrity",
    promise="What is shown of a structured answer is complete in itself: no half word, no half number, and "
    "in the end all of it.",
    how="JSON whose every value is known is written a few characters at a time; each value shown is "
    "compared.",
    fix="Show a value when its closing quote, comma or brace has come, not when the parser guesses: "
    "incremental parsers complete what is open, so ask yours which values are finished, or leave out the "
    "last open one.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock", "structured"}),
)
