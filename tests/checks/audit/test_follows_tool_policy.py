import pytest

from harness.checks.audit.check import Terms
from harness.dialects import generic
from harness.dialects.dialect import ToolCall
from harness.transports.ending import Cause
from tests.checks.audit import scenes
from tests.checks.audit.asking import finding, good

NAME = "follows_tool_policy"
CALL = [generic.tool_call(ToolCall("call_000042_0", "clock", '{"zone":"UTC"}'))]
RESULT = [generic.tool_result("call_000042_0", "clock", "12:00")]
NOTE = [generic.note("calling", "clock")]


def rows(asked, stream):
    called = scenes.ledger_of(asked, stream, tokens=0, emitted_tokens=4, other_tokens=4)
    return [called, scenes.ledger_of(asked, stream)]


def saying(events):
    """A system that runs the tools, and says `events` before the answer that follows."""

    def answer(asked, stream):
        pieces = [*((20.0, event) for event in events), *scenes.pieces_of(asked, stream)]
        return scenes.heard(asked, pieces, stream=stream, ledger=rows(asked, stream))

    return answer


@pytest.mark.parametrize(
    ("policy", "events"), [("hidden", []), ("annotated", NOTE), ("shown", CALL), ("shown", CALL + RESULT)]
)
def test_what_is_declared_passes(policy, events):
    found = finding(NAME, Terms(tool_calls=policy), answer=saying(events))
    assert (found.state, found.evidence.startswith("3 tool calls in 2 answers")) == ("PASS", True)


@pytest.mark.parametrize(
    ("policy", "events", "why"),
    [
        ("hidden", CALL, "1 events told of them"),
        ("hidden", NOTE, "1 events told of them"),
        ("hidden", [b'data: {"x":"call_000042_0"}\n\n'], "an event of the stream holds a call"),
        ("annotated", [], "nothing was said about them"),
        ("annotated", CALL, "their arguments or results were shown"),
        ("annotated", NOTE + RESULT, "their arguments or results were shown"),
        ("shown", NOTE, "no call with its arguments was shown"),
    ],
)
def test_what_is_not_declared_fails(policy, events, why):
    found = finding(NAME, Terms(tool_calls=policy), answer=saying(events))
    assert (found.state, why in found.evidence) == ("FAIL", True)


def test_tools_that_nobody_runs_fail_where_the_user_does_not_see_the_call():
    def empty(asked, stream):
        end = scenes.pieces_of(asked, stream)[-1:]
        return scenes.heard(asked, end, stream=stream, ledger=rows(asked, stream)[:1])

    found = finding(NAME, Terms(), answer=empty)
    assert (found.state, "no answer followed" in found.evidence) == ("FAIL", True)


def test_an_answer_that_broke_off_after_the_tools_fails():
    def broken(asked, stream):
        said = scenes.pieces_of(asked, stream)[:5]
        return scenes.heard(asked, said, ending=Cause.EOF, stream=stream, ledger=rows(asked, stream))

    assert finding(NAME, Terms(), answer=broken).state == "FAIL"


def test_a_provider_that_called_nothing_decides_nothing():
    assert finding(NAME, Terms(), answer=good).state == "INCONCLUSIVE"


def test_a_provider_whose_api_has_no_tools_called_none():
    def toolless(asked, stream):
        row = scenes.ledger_of(asked, stream, tokens=0, emitted_tokens=4, other_tokens=4, dialect="tgi")
        return scenes.heard(asked, scenes.pieces_of(asked, stream)[-1:], stream=stream, ledger=[row])

    assert finding(NAME, Terms(), answer=toolless).state == "INCONCLUSIVE"
