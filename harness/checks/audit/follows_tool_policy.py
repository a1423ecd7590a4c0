"""The tools that the model calls are hidden, announced or shown, as declared."""

from collections.abc import Sequence

from harness.checks.audit import hearing, tally
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.dialects.events import Kind

_TOOLLESS = ("tgi", "generic", "generic_accumulated")  # provider dialects that cannot say a call
_MARKS = (b"tool_call", b"tool_use", b"function_call", b"tool_result")


def ask(terms: Terms) -> Sequence[Question]:
    return [
        Question(name="one call", tokens=20, tool_calls=1, limits=hearing.BRIEF),
        Question(name="two calls at once", tokens=20, tool_calls=2, limits=hearing.BRIEF),
    ]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    judged = [one for one in heard if _called(one) and one.record.status == 200]
    if not judged:
        if any(one.ledger for one in heard):
            return hearing.unjudged(
                f"The provider was asked and called no tool: {hearing.endings(heard)}.",
                fix="Let the system offer its tools for these questions, or take `tools` out of the target "
                "file.",
            )
        return hearing.unjudged(hearing.why_nothing(heard))
    wrong = tally.wrong(judged, lambda one: _against(one, terms))
    if wrong:
        return tally.failed(
            f"Tool calls are declared as {terms.tool_calls}, but in {len(wrong)} of {len(judged)} "
            "answers it was not so.",
            wrong,
        )
    calls = sum(one.question.tool_calls for one in judged)
    how = {"hidden": "kept from the user", "annotated": "announced without arguments", "shown": "shown"}
    return tally.passed(
        f"{calls} tool calls in {len(judged)} answers were {how[terms.tool_calls]}, and what "
        "followed arrived."
    )


def _called(one: Heard) -> bool:
    return any(row.other_tokens and row.dialect not in _TOOLLESS for row in one.ledger)


def _against(one: Heard, terms: Terms) -> str:
    """How the answer breaks the declared policy; empty if it keeps it."""
    calls = [arrived.event for arrived in one.events if arrived.event.kind is Kind.TOOL]
    arguments = "".join(call.text for call in calls)
    notes = [arrived.event for arrived in one.events if arrived.event.kind is Kind.NOTE]
    match terms.tool_calls:
        case "shown":
            names = {call.code for call in calls if call.code}
            return "" if names and arguments else "no call with its arguments was shown"
        case "annotated":
            if arguments or _trace(one):
                return "their arguments or results were shown"
            if not notes and not calls:
                return "nothing was said about them"
        case _:
            if calls or notes:
                return f"{len(calls) + len(notes)} events told of them"
            if trace := _trace(one):
                return trace
    return _unanswered(one)


def _trace(one: Heard) -> str:
    """A sign of the call in what a user can read: its id, or a word that only calls have."""
    number = b"call_%06d_" % one.record.stream  # how the mock provider names the calls of a stream
    for frame in hearing.frames(one):
        if number in frame.data or any(b'"%b' % mark in frame.data for mark in _MARKS):
            return f"an event of the stream holds a call: {frame.data[:80].decode('utf-8', 'replace')}"
    return ""


def _unanswered(one: Heard) -> str:
    """The system runs the tools, so the user gets the answer that follows."""
    if len(one.ledger) < 2:
        return "the tools were not run, or their results not given to the provider: no answer followed"
    if not hearing.whole(one) and one.record.verified:
        return f"of the answer that followed {hearing.came(one)} arrived"
    return ""


CHECK = Check(
    id="follows_tool_policy",
    group="integrity",
    promise="What the model does with tools is hidden, announced or shown, as the target declares.",
    how="The provider calls one tool, then two at once, before it answers; every event of the stream is "
    "searched.",
    fix="Take tool calls out of the stream where the system runs them itself, and send only what your policy "
    "names: nothing, the tool's name, or the call with its arguments. If what the system does is meant, "
    "declare it as policies.tool_calls.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock", "tools"}),
)
