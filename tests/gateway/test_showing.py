import pytest

from gateway.showing import Showing
from harness.dialects.events import Kind, TokenEvent
from harness.plan.plan import GatewayOptions

THOUGHTS = [TokenEvent(Kind.REASONING, "secret"), TokenEvent(Kind.REASONING, " plan")]
TEXT = TokenEvent(Kind.TEXT, "Hi")
CALL = [TokenEvent(Kind.TOOL, code="clock"), TokenEvent(Kind.TOOL, '{"utc'), TokenEvent(Kind.TOOL, '":1}')]
RESULT = TokenEvent(Kind.RESULT, "12:00", "clock", id="call_1")
THINKING = TokenEvent(Kind.NOTE, code="thinking")
CALLING = TokenEvent(Kind.NOTE, "clock", "calling")


def heard(reasoning: str = "hidden", tools: str = "hidden") -> list[TokenEvent]:
    showing = Showing(GatewayOptions(reasoning=reasoning, tools=tools))
    said = [event for one in [*THOUGHTS, TEXT, *THOUGHTS, *CALL] for event in showing.show([one])]
    return [*said, *showing.end(), *showing.show([RESULT]), *showing.show([TEXT])]


def test_what_is_hidden_leaves_no_trace():
    assert heard() == [TEXT, TEXT]


def test_annotated_reasoning_is_noted_once_a_stretch_and_without_a_word_of_it():
    assert heard(reasoning="annotated") == [THINKING, TEXT, THINKING, TEXT]


def test_an_annotated_call_is_noted_when_it_opens_and_without_its_arguments_or_result():
    assert heard(tools="annotated") == [TEXT, CALLING, TEXT]
    showing = Showing(GatewayOptions(tools="annotated"))
    assert showing.show(CALL[:1]) == [CALLING]


def test_shown_reasoning_comes_as_it_came():
    assert heard(reasoning="shown") == [*THOUGHTS, TEXT, *THOUGHTS, TEXT]


def test_a_shown_call_is_said_whole_with_the_id_of_its_result():
    whole = TokenEvent(Kind.TOOL, '{"utc":1}', "clock", id="call_1")
    assert heard(tools="shown") == [TEXT, whole, RESULT, TEXT]


def test_calls_of_later_answers_are_numbered_on():
    showing = Showing(GatewayOptions(tools="shown"))
    ids = []
    for _ in range(2):
        showing.show([*CALL, *CALL])
        ids += [event.id for event in showing.end()]
    assert ids == ["call_1", "call_2", "call_3", "call_4"]


@pytest.mark.parametrize("reasoning", ["hidden", "annotated", "shown"])
@pytest.mark.parametrize("tools", ["hidden", "annotated", "shown"])
def test_text_is_heard_whatever_the_policies(reasoning: str, tools: str):
    assert [event for event in heard(reasoning, tools) if event.kind is Kind.TEXT] == [TEXT, TEXT]
