"""A system that is told to stop lets its users finish."""

from collections.abc import Sequence

from harness.checks.audit import hearing, tally
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.record import Outcome

_OPEN = 4
_STOP_S = 1.0
_CLEAR = (429, 503)


def ask(terms: Terms) -> Sequence[Question]:
    under_way = [
        Question(name=f"under way {number}", tokens=60, itl_ms=50, limits=hearing.BRIEF)
        for number in range(_OPEN)
    ]
    # The first comes with the stop and may still be let in; the second finds a system that knows.
    during = Question(
        name="comes with the stop", start_s=_STOP_S, tokens=5, system_stops=True, limits=hearing.BRIEF
    )
    late = Question(name="comes after it", start_s=_STOP_S + 0.7, tokens=5, limits=hearing.BRIEF)
    return [*under_way, during, late]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    told_ns = next((one.stopped_ns for one in heard if one.stopped_ns is not None), None)
    if told_ns is None:
        return hearing.unjudged(
            "The system could not be told to stop.", fix="Check drain in the target file."
        )
    early = [one for one in heard if not one.question.start_s]
    under_way = [one for one in early if _was_open(one, told_ns)]
    if not under_way:
        return hearing.unjudged(
            f"No answer was under way when the system was told to stop: {hearing.endings(early)}."
        )
    late = [one for one in heard if one.question.start_s]
    finished = [one for one in under_way if hearing.finished(one)]
    said = [one for one in under_way if one.record.outcome is Outcome.ERROR_EVENT]
    dropped = [one for one in under_way if one not in finished and one not in said]
    unclear = [one for one in late if not _is_clear(one)]
    evidence = f"Told to stop with {len(under_way)} answers under way, it finished {len(finished)}, ended "
    evidence += f"{len(said)} with an error event and dropped {len(dropped)}"
    evidence += f" ({hearing.endings(dropped)})" if dropped else ""
    evidence += f"; users who came after that: {hearing.endings(late)}"
    wrong = dropped + unclear
    return tally.counted(evidence + ".", wrong, unit="streams", fix=_fix(dropped))


def _was_open(heard: Heard, at_ns: int) -> bool:
    sent_ns, closed_ns = heard.record.sent_ns, heard.record.closed_ns
    return sent_ns is not None and sent_ns < at_ns and (closed_ns is None or closed_ns > at_ns)


def _is_clear(heard: Heard) -> bool:
    """Served whole, by it or by another instance behind the same address; or refused in clear words."""
    record = heard.record
    if hearing.finished(heard) or record.detail == "connect_fail":
        return True
    # Until a listening socket is closed, the kernel accepts for it; what was not answered may be asked again.
    if record.status is None:
        return record.outcome in (Outcome.RESET, Outcome.TRUNCATED, Outcome.REFUSED)
    return record.status in _CLEAR


def _fix(dropped: Sequence[Heard]) -> str:
    if dropped:
        return ""
    return (
        "Refuse new users with 503 and Retry-After, or close the listening socket, as soon as a stop begins."
    )


CHECK = Check(
    id="drains_gracefully",
    group="limits",
    promise="Told to stop, the system finishes the answers under way, or ends them with an error event.",
    how="With four answers under way the system is told to stop; two more users come after that.",
    fix="On the stop signal close the listening socket, fail the health check, and wait for open streams up "
    "to a limit; then end those that are left with an error event instead of closing their connections.",
    ask=ask,
    judge=judge,
    needs=frozenset({"drain"}),
    stage="last",
)
