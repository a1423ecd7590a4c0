"""Where an answer must be cleared first, nothing of it is shown before."""

from collections.abc import Sequence

from harness.checks.audit import hearing
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.clock import MS
from harness.dialects.events import CONTENT


def ask(terms: Terms) -> Sequence[Question]:
    return [
        Question(name=name, endpoint="moderated", tokens=tokens, itl_ms=itl, limits=hearing.BRIEF)
        for name, tokens, itl in (("slow", 30, 20.0), ("long", 200, 3.0))
    ]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    judged = [one for one in heard if _shown_ns(one) is not None and hearing.last(one) is not None]
    if not judged:
        return hearing.unjudged(hearing.why_nothing(heard))
    early = {one.record.stream: (one, ms) for one in judged if (ms := _early_ms(one)) > 0}
    if early:
        said = "; ".join(
            f"{one.question.name}: its first text came {ms:.0f} ms before the provider's last token"
            for one, ms in early.values()
        )
        return Finding(
            state="FAIL",
            evidence=f"{len(early)} of {len(judged)} answers were shown before they could have been looked "
            f"at as a whole. {said}.",
            value=max(ms for _, ms in early.values()),
            limit=0,
            unit="ms",
            streams=hearing.streams([one for one, _ in early.values()]),
        )
    return Finding(
        state="PASS",
        evidence=f"In {len(judged)} answers no text was shown before the provider's last token was there.",
        value=0,
        limit=0,
        unit="ms",
    )


def _shown_ns(one: Heard) -> int | None:
    """When the user got the first of the answer; of an answer that is no stream, its first byte."""
    content = [arrived.t_ns for arrived in one.events if arrived.event.kind in CONTENT]
    if content:
        return content[0]
    plain = one.record.status == 200 and not one.headers.get("content-type", "").startswith(
        "text/event-stream"
    )
    return one.record.first_byte_ns if plain else None


def _early_ms(one: Heard) -> float:
    row, shown_ns = hearing.last(one), _shown_ns(one)
    if row is None or row.last_token_ns is None or shown_ns is None:
        return 0.0
    return max(0.0, (row.last_token_ns - shown_ns) / MS)


CHECK = Check(
    id="clears_before_showing",
    group="integrity",
    promise="Where answers are moderated, nothing of one is shown before all of it was cleared.",
    how="The provider writes slowly at the moderated endpoint; no text may arrive before its last token is "
    "there.",
    fix="Collect the whole answer, let it be judged, and only then write its first byte. Heartbeat comments "
    "may keep the connection alive meanwhile. To stream moderated text, clear and release it in segments, "
    "and declare that endpoint as `stream`.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock", "moderated"}),
)
