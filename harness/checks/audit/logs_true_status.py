"""The log tells whole, broken and left answers apart."""

from collections.abc import Sequence

from harness.checks.audit import hearing
from harness.checks.audit.broken import told
from harness.checks.audit.check import Check, Finding, Heard, Leave, Question, Terms
from harness.checks.audit.leaving import LATEST_S
from harness.checks.audit.logged import number, without_lines
from harness.record import Outcome

_SUCCESS = frozenset(
    {"completed", "complete", "ok", "success", "succeeded", "done", "finished", "stop", "200"}
)


def ask(terms: Terms) -> Sequence[Question]:
    questions = [
        Question(name="whole", tokens=20, limits=hearing.BRIEF),
        Question(name="whole, slow", tokens=20, itl_ms=30, limits=hearing.BRIEF),
        Question(name="broken connection", tokens=20, fault="s2@8", limits=hearing.BRIEF),
        Question(name="error event", tokens=20, fault="s5@8", limits=hearing.BRIEF),
        Question(name="refused", tokens=20, fault="h1:400", limits=hearing.BRIEF),
    ]
    if terms.after_disconnect == "cancel":  # else the answer goes on, and may well end as a whole one
        leave = Leave(at_token=5, after_s=LATEST_S)
        questions.append(Question(name="left", tokens=200, itl_ms=25, leave=leave, limits=hearing.BRIEF))
    return questions


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    if problem := without_lines(heard):
        return problem
    groups = {
        "whole": [one for one in heard if hearing.finished(one)],
        "broken": [one for one in heard if one.question.fault and told(one) in ("said", "cut")],
        "left": [one for one in heard if one.record.outcome is Outcome.CANCELLED],
    }
    if not groups["whole"] or not groups["broken"]:
        return hearing.unjudged(
            f"There were no two kinds of endings to tell apart: {hearing.endings(heard)}."
        )
    judged = [one for group in groups.values() for one in group]
    wrong = [*_without_line(judged), *_told_wrong(groups), *_wrong_status(judged)]
    words = {name: sorted({_word(one) for one in group}) for name, group in groups.items() if group}
    shown = "; ".join(f"{name}: {', '.join(said)}" for name, said in words.items())
    evidence = f"Of {len(judged)} streams the log says: {shown}"
    evidence += "".join(f"; {text}" for text in dict.fromkeys(text for _, text in wrong))
    streams = list(dict.fromkeys(one.record.stream for one, _ in wrong))
    return Finding(
        state="FAIL" if wrong else "PASS",
        evidence=evidence + ".",
        value=len(streams),
        limit=0,
        unit="lines",
        streams=streams[: hearing.SHOWN],
    )


def _word(heard: Heard) -> str:
    """The log's word for how the stream ended; its status where it has no word."""
    line = heard.log or {}
    return str(line.get("outcome", line.get("status", "nothing"))).lower()


def _without_line(judged: Sequence[Heard]) -> list[tuple[Heard, str]]:
    missing = [one for one in judged if one.log is None]
    return [(one, f"{len(missing)} of {len(judged)} have no line") for one in missing]


def _told_wrong(groups: dict[str, list[Heard]]) -> list[tuple[Heard, str]]:
    """Streams whose word is that of another kind of ending, or plainly wrong."""
    logged = {name: [one for one in group if one.log is not None] for name, group in groups.items()}
    whole = {_word(one) for one in logged["whole"]} | _SUCCESS
    broken = {_word(one) for one in logged["broken"]}
    wrong = [
        (one, f"a {name} one is called {_word(one)}, as a whole one is")
        for name in ("broken", "left")
        for one in logged[name]
        if _word(one) in whole
    ]
    wrong += [
        (one, f"one whose user left is called {_word(one)}, as a broken one is")
        for one in logged["left"]
        if _word(one) in broken - whole
    ]
    return wrong


def _wrong_status(judged: Sequence[Heard]) -> list[tuple[Heard, str]]:
    """A status in the log is the one that the user got."""
    return [
        (one, f"status {said:.0f} is logged where the user got {one.record.status}")
        for one in judged
        if (said := number(one, "status")) is not None
        and one.record.status is not None
        and said != one.record.status
        and one.record.outcome is not Outcome.CANCELLED  # 499 and its like are right there too
    ]


CHECK = Check(
    id="logs_true_status",
    group="observability",
    promise="The system's log tells whole answers, broken ones and those whose user left apart.",
    how="Whole answers, broken ones, a refused one and one that its user leaves; each must have a line, and "
    "the words for the kinds must differ.",
    fix="Write the line where the request ends, with how it ended: the status went out long before. A dead "
    "upstream or a user who left is no success because 200 was sent.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock", "log"}),
    weight=2,
)
