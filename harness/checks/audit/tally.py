"""How many answers went wrong, and what is wrong with each: the finding of most checks. Pure."""

from collections.abc import Callable, Sequence

from harness.checks.audit import hearing
from harness.checks.audit.check import Finding, Heard

Wrong = Sequence[tuple[Heard, str]]
"""Answers, each with what is wrong with it."""


def wrong(judged: Sequence[Heard], against: Callable[[Heard], str]) -> Wrong:
    """Those of `judged` that something is `against`; it says an empty text where nothing is."""
    return [(one, why) for one in judged if (why := against(one))]


def heard(wrong: Wrong) -> list[Heard]:
    """The answers alone."""
    return [one for one, _ in wrong]


def failed(evidence: str, wrong: Wrong, fix: str = "") -> Finding:
    """FAIL: `evidence`, one sentence, then what is wrong with each answer."""
    said = "; ".join(f"{one.question.name}: {why}" for one, why in wrong)
    return counted(f"{evidence} {said}.", heard(wrong), fix=fix)


def passed(evidence: str, unit: str = "answers") -> Finding:
    """PASS: none was wrong."""
    return counted(evidence, [], unit)


def counted(evidence: str, wrong: Sequence[Heard], unit: str = "answers", fix: str = "") -> Finding:
    """FAIL if there is anything in `wrong`, else PASS."""
    return Finding(
        state="FAIL" if wrong else "PASS",
        evidence=evidence,
        value=len(wrong),
        limit=0,
        unit=unit,
        fix=fix,
        streams=hearing.streams(wrong),
    )
