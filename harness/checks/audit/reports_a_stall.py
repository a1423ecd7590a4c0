"""A provider that falls silent is given up in the declared time, and the user is told."""

from collections.abc import Sequence
from itertools import pairwise

from harness.checks.audit import hearing
from harness.checks.audit.broken import played, told
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.clock import SECOND

_LONGEST_S = 100.0  # beyond it an audit would take longer than it may
_EARLY, _LATE = 0.75, 1.25  # of the declared limit
_SLACK_S = 1.0


def ask(terms: Terms) -> Sequence[Question]:
    limit_s = terms.stall_limit_s
    if limit_s is None or limit_s > _LONGEST_S:
        return []
    silence_s = max(limit_s * _LATE + 2 * _SLACK_S, limit_s + 5)
    return [
        Question(name="silent at token 10", tokens=20, fault=f"s6@10:{silence_s:g}"),
        Question(name="silent at token 1", tokens=20, fault=f"s6@1:{silence_s:g}"),
    ]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    limit_s = terms.stall_limit_s
    if limit_s is None or limit_s > _LONGEST_S:
        why = "declares no stall limit" if limit_s is None else f"allows silences of {limit_s:g} s"
        fix = "Declare stall_limit_s in the target file, and give up a silent provider within 100 s."
        return hearing.unjudged(f"The target file {why}.", "NOT MEASURED", fix)
    judged = [one for one in heard if played(one) and told(one) != "unjudged" and _waited_s(one) is not None]
    if not judged:
        return hearing.unjudged(f"The provider was never silent: {hearing.endings(heard)}.")
    wrong = [one for one in judged if _problem(one, terms, limit_s)]
    waits = [_waited_s(one) or 0.0 for one in judged]
    evidence = f"A silent provider was given up after {min(waits):.1f} to {max(waits):.1f} s (declared: "
    evidence += f"{limit_s:g} s), and {len(judged) - len(wrong)} of {len(judged)} users were told in time"
    evidence += "; " + "; ".join(_problem(one, terms, limit_s) for one in wrong) if wrong else ""
    return Finding(
        state="FAIL" if wrong else "PASS",
        evidence=evidence + ".",
        value=max(waits),
        limit=limit_s * _LATE + _SLACK_S,
        unit="s",
        streams=hearing.streams(wrong),
    )


def _problem(heard: Heard, terms: Terms, limit_s: float) -> str:
    """What is wrong; empty where nothing is."""
    how, waited_s = told(heard), _waited_s(heard) or 0.0
    if how == "claimed":
        return f"{heard.question.name}: the silence was waited out, {waited_s:.1f} s"
    if not (how == "said" or (how == "cut" and terms.provider_fault == "as_is")):
        return f"{heard.question.name}: {hearing.ending(heard.record)} instead of an error"
    if waited_s > limit_s * _LATE + _SLACK_S:
        return f"{heard.question.name}: told after {waited_s:.1f} s"
    return f"{heard.question.name}: told after {waited_s:.1f} s" if waited_s < limit_s * _EARLY else ""


def _waited_s(heard: Heard) -> float | None:
    """From the last content to the end; where the silence was waited out, to what came after it."""
    record = heard.record
    if record.last_content_ns is None or record.closed_ns is None:
        return None
    came = [*(arrived.t_ns for arrived in heard.events), record.closed_ns]
    return max(later - earlier for earlier, later in pairwise(came)) / SECOND


CHECK = Check(
    id="reports_a_stall",
    group="errors",
    promise="A provider that falls silent is given up within the declared time, and the user is told.",
    how="The provider goes silent in mid-answer for longer than the declared limit; the wait from the last "
    "token to the error is measured.",
    fix="Put an idle limit on reading the upstream (not a total one), and make its expiry an error event.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
)
