"""Who is told to wait waits, and does not ask for ever."""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from harness.checks.audit import hearing
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.clock import SECOND

_EARLY = 0.9  # of the time to wait: rounding is no storm
_NEVER = ("h4:quota", "h4:context")  # refusals that no second attempt can turn


class _Case(msgspec.Struct, frozen=True):
    question: Question
    wait_s: float = 0.0  # what the provider asks for


def _cases(terms: Terms) -> list[_Case]:
    def one(name: str, fault: str, wait_s: float = 0.0, times: int = 1_000) -> _Case:
        question = Question(name=name, tokens=10, fault=fault, fault_times=times)
        return _Case(question, wait_s)

    return [
        one("limited once for 2 s", "h2:s,2000", 2.0, 1),
        one("limited for 1 s each time", "h2:s,1000", 1.0),
        one("limited for 40 s", "h2:s,40000", 40.0),
        one("failing for ever", "h1:503"),
        one("account out of quota", _NEVER[0]),
        one("prompt too long", _NEVER[1]),
    ]


def ask(terms: Terms) -> Sequence[Question]:
    return [case.question for case in _cases(terms)]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    waits = {case.question.name: case.wait_s for case in _cases(terms)}
    judged = [one for one in heard if one.ledger and one.ledger[0].fault]
    if not judged:
        return hearing.unjudged(f"The provider refused nobody: {hearing.endings(heard)}.")
    problems = [_problem(one, waits[one.question.name], terms.retries) for one in judged]
    wrong = [one for one, problem in zip(judged, problems, strict=True) if problem]
    most = max(len(one.ledger) for one in judged)
    evidence = (
        f"{len(judged) - len(wrong)} of {len(judged)} refused answers were asked again politely or not at "
    )
    evidence += f"all; at most {most} attempts for one answer (declared: {1 + terms.retries})"
    evidence += "".join(
        f"; {one.question.name}: {problem}" for one, problem in zip(judged, problems, strict=True) if problem
    )
    return Finding(
        state="FAIL" if wrong else "PASS",
        evidence=evidence + ".",
        value=most,
        limit=1 + terms.retries,
        unit="attempts",
        streams=hearing.streams(wrong),
    )


def _problem(heard: Heard, wait_s: float, retries: int) -> str:
    """What is wrong; empty where nothing is."""
    rows = heard.ledger
    if heard.question.fault in _NEVER and len(rows) > 1:
        return f"asked {len(rows)} times, which cannot help"
    if len(rows) > 1 + retries:
        return f"{len(rows)} attempts"
    gaps = [
        (later.received_ns - (one.closed_ns or one.received_ns)) / SECOND for one, later in pairwise(rows)
    ]
    if wait_s and gaps and min(gaps) < _EARLY * wait_s:
        return f"asked again after {min(gaps):.2f} s instead of {wait_s:g} s"
    return ""


CHECK = Check(
    id="retries_politely",
    group="limits",
    promise="When the provider says wait, the system waits or passes it on; it never asks without end.",
    how="The provider answers with 429 and Retry-After, with 503, or with a refusal that no retry can turn; "
    "its book has the attempts and their times.",
    fix="Wait for Retry-After before asking again, give up after a bounded number of attempts, and do not "
    "retry what cannot succeed (insufficient_quota, 400). SDKs retry by themselves: retries multiply.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
    weight=2,
)
