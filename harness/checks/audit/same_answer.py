"""The same answer written in several ways must arrive as the same answer. Pure."""

from collections.abc import Callable, Mapping, Sequence

from harness.checks.audit import hearing, tally
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms

CONTROL = "plain"  # name of the question that is asked in the usual way

Differs = Callable[[Heard, Heard], str]
"""(one, the control) -> what else is wrong with it; empty for nothing."""


def questions(faults: Mapping[str, str], itl_ms: float = 15.0) -> list[Question]:
    """The control, and a question a framing: its name -> what the provider does, in the mock's notation."""
    return [
        Question(name=name, fault=fault, itl_ms=itl_ms, limits=hearing.BRIEF)
        for name, fault in {CONTROL: "", **faults}.items()
    ]


def _alike(one: Heard, control: Heard) -> str:
    return ""


def check(
    *,
    id: str,
    promise: str,
    how: str,
    fix: str,
    questions: Sequence[Question],
    differs: Differs = _alike,
    weight: int = 1,
) -> Check:
    """A promise that is about nothing else: the control and the framings that stand in `questions`."""

    def judged(heard: Sequence[Heard], terms: Terms) -> Finding:
        return judge(heard, fix, differs)

    return Check(
        id=id,
        group="integrity",
        promise=promise,
        how=how,
        fix=fix,
        ask=lambda terms: questions,
        judge=judged,
        needs=frozenset({"mock"}),
        weight=weight,
    )


def judge(heard: Sequence[Heard], fix: str, differs: Differs = _alike) -> Finding:
    """FAIL where an answer in another framing is not whole although the control is."""
    control = next(one for one in heard if one.question.name == CONTROL)
    others = [one for one in heard if one is not control]
    judged = [one for one in others if hearing.hit(one) and one.record.verified]
    if not judged or not control.ledger:
        return hearing.unjudged(hearing.why_nothing(heard))
    if not hearing.whole(control):
        return hearing.unjudged(
            f"An answer in the usual framing did not arrive whole either: {hearing.came(control)}.",
            fix="See what delivers_every_token says first.",
        )
    wrong = {one.question.name: one for one in judged if not hearing.whole(one) or differs(one, control)}
    if wrong:
        said = "; ".join(
            f"{name}: {', '.join(filter(None, (hearing.came(one), differs(one, control))))}"
            for name, one in wrong.items()
        )
        return tally.counted(
            f"{len(wrong)} of {len(judged)} framings were misread. {said}. "
            f"The usual framing: {hearing.came(control)}.",
            list(wrong.values()),
            unit="framings",
            fix=fix,
        )
    names = ", ".join(one.question.name for one in judged)
    if len(judged) < len(others):
        return hearing.unjudged(
            f"Only {names} of {len(others)} framings reached the provider, and were read."
        )
    tokens = sum(one.record.tokens for one in judged)
    return tally.passed(
        f"All {tokens} tokens arrived in {len(judged)} framings ({names}) as in the usual one.", "framings"
    )
