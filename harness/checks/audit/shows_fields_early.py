"""A structured answer is shown while it is written, not after its closing brace."""

from collections.abc import Sequence
from statistics import median

from harness.checks.audit import hearing, structure
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.clock import MS
from harness.dialects.events import Kind

LIMIT_MS = 300.0  # of about 900 that a field that is shown at once has


def ask(terms: Terms) -> Sequence[Question]:
    return structure.questions(["first", "second", "third"])


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    ahead = {one.record.stream: ms for one in heard if (ms := _ahead_ms(one, terms)) is not None}
    if not ahead:
        return hearing.unjudged(hearing.why_nothing(heard))
    what = "text" if terms.structured == "raw" else f"field (`{structure.FIRST}`)"
    late = [stream for stream, ms in ahead.items() if ms < LIMIT_MS]
    if late and len(late) < len(ahead):
        return hearing.unjudged(
            f"The first {what} came well before the provider's last token in {len(ahead) - len(late)} of "
            f"{len(ahead)} answers only."
        )
    middle = median(ahead.values())
    when = f"{abs(middle):.0f} ms {'before' if middle > 0 else 'after'} the provider's last token (median)"
    return Finding(
        state="FAIL" if late else "PASS",
        evidence=f"The first {what} of {len(ahead)} structured answers was shown {when}; the answers take "
        "about a second to write.",
        value=middle,
        limit=LIMIT_MS,
        unit="ms",
        streams=late[: hearing.SHOWN],
    )


def _ahead_ms(one: Heard, terms: Terms) -> float | None:
    """How long before the provider's last token something was shown; None where nothing was."""
    row, kind = hearing.last(one), Kind.TEXT if terms.structured == "raw" else Kind.FIELD
    times = [arrived.t_ns for arrived in one.events if arrived.event.kind is kind]
    if row is None or row.last_token_ns is None or not times:
        return None
    return (row.last_token_ns - times[0]) / MS


CHECK = Check(
    id="shows_fields_early",
    group="integrity",
    promise="The parts of a structured answer are shown while it is written, not only after its closing "
    "brace.",
    how="JSON that takes a second to write begins with a short field; when it is shown is compared with the "
    "provider's last token.",
    fix="Parse incrementally (ijson, jiter, partial-json-parser, `JSON.parse` on nothing but whole values) "
    "and send each field when it is complete, instead of calling a JSON parser on the whole text.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock", "structured"}),
)
