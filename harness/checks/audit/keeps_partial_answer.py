"""What a user has read of an answer is still there afterwards."""

from collections.abc import Sequence

from harness.checks.audit import hearing, tally
from harness.checks.audit.check import Check, Finding, Heard, Leave, Question, Terms
from harness.checks.audit.leaving import LATEST_S

_TOKENS = 160
_ITL_MS = 25.0


def ask(terms: Terms) -> Sequence[Question]:
    ways = [
        ("closes", Leave(at_token=20, after_s=LATEST_S)),
        ("resets", Leave(at_token=20, after_s=LATEST_S, how="rst")),
    ]
    if "stop" in terms.has:
        ways.append(("stop button", Leave(at_token=20, after_s=LATEST_S, how="stop_button")))
    return [Question(name=name, tokens=_TOKENS, itl_ms=_ITL_MS, leave=leave) for name, leave in ways]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    broken_off = [one for one in heard if one.ledger and one.record.tokens < _TOKENS]
    judged = [one for one in broken_off if one.text() or one.kept]  # nothing read, nothing kept: no promise
    if not judged:
        return hearing.unjudged(f"Nobody left an answer that had begun: {hearing.endings(heard)}.")
    wrong = [one for one in judged if not (one.kept or "").startswith(one.text())]
    read = sum(len(one.text()) for one in judged)
    kept = sum(_shared(one.kept or "", one.text()) for one in judged)
    evidence = f"{len(judged) - len(wrong)} of {len(judged)} broken-off answers were kept as far as their "
    evidence += f"user had read them ({kept:,} of {read:,} characters)"
    if wrong:
        evidence += "; " + "; ".join(f"{one.question.name}: {_what(one)}" for one in wrong)
    return tally.counted(evidence + ".", wrong)


def _what(heard: Heard) -> str:
    if not heard.kept:
        return "nothing was kept"
    return f"kept {_shared(heard.kept, heard.text()):,} of the {len(heard.text()):,} characters read"


def _shared(kept: str, read: str) -> int:
    """How many characters at their beginning are the same."""
    for place, (one, other) in enumerate(zip(kept, read, strict=False)):
        if one != other:
            return place
    return min(len(kept), len(read))


CHECK = Check(
    id="keeps_partial_answer",
    group="cancellation",
    promise="An answer that its user broke off is kept as far as the user has read it.",
    how="Users leave or press stop at token 20; then what the system has kept is held against what they saw.",
    fix="Write the answer down as it is generated, or in the same `finally` that ends a cancelled request; "
    "saving only after the last token forgets every answer that was stopped.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock", "kept"}),
)
