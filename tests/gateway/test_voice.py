import pytest

from gateway import failure
from gateway.voice import Voice
from harness.dialects import generic_accumulated
from harness.dialects.events import Kind, TokenEvent

HM, OH = (TokenEvent(Kind.REASONING, text) for text in ("hm", "oh"))
A, B = (TokenEvent(Kind.TEXT, text) for text in "ab")
EVENTS = [HM, OH, A, B]
SAID = (
    b'id: 1\ndata: {"reasoning":"hm"}\n\nid: 2\ndata: {"reasoning":"oh"}\n\n'
    b'id: 3\ndata: {"content":"a"}\n\nid: 4\ndata: {"content":"b"}\n\n'
)


def test_every_piece_has_its_number_reasoning_too():
    assert Voice().say(EVENTS) == SAID


def test_the_rest_after_any_piece_is_said_as_it_would_have_been():
    events = SAID.split(b"\n\n")[:-1]
    for position in range(5):
        rest = b"".join(event + b"\n\n" for event in events[position:])
        assert Voice(position).say(EVENTS[position:]) == rest


def test_joined_neighbours_of_a_kind_are_one_event_with_the_number_of_the_last():
    said = Voice(joined=True).say(EVENTS)
    assert said == b'id: 2\ndata: {"reasoning":"hmoh"}\n\nid: 4\ndata: {"content":"ab"}\n\n'


def test_the_end_has_a_number_of_its_own_where_users_may_come_back():
    voice = Voice()
    voice.say(EVENTS)
    over = b'data: {"done":true,"finish_reason":"stop","usage":null}\n\n'
    assert voice.end(None, "stop", None) == over
    assert voice.end(None, "stop", None, numbered=True) == b"id: 5\n" + over
    died = voice.end(failure.DIED, "", None, numbered=True)
    assert died.startswith(b'id: 5\ndata: {"error":{"type":"upstream_died"')


def test_notes_calls_and_results_are_events_of_their_own_even_where_text_is_joined():
    events = [
        TokenEvent(Kind.NOTE, code="thinking"),
        TokenEvent(Kind.NOTE, "clock", "calling"),
        A,
        B,
        TokenEvent(Kind.TOOL, "{}", "clock", id="call_1"),
        TokenEvent(Kind.RESULT, "12:00", "clock", id="call_1"),
    ]
    assert Voice(joined=True).say(events) == (
        b'id: 1\ndata: {"note":"thinking"}\n\nid: 2\ndata: {"note":"calling","tool":"clock"}\n\n'
        b'id: 4\ndata: {"content":"ab"}\n\n'
        b'id: 5\ndata: {"tool_call":{"id":"call_1","name":"clock","arguments":"{}"}}\n\n'
        b'id: 6\ndata: {"tool_result":{"id":"call_1","name":"clock","content":"12:00"}}\n\n'
    )


def test_the_accumulated_shape_says_all_of_the_text_each_time():
    voice = Voice(shape=generic_accumulated.DIALECT)
    assert voice.say([HM, A, B]) == (
        b'id: 1\ndata: {"reasoning":"hm"}\n\n'
        b'id: 2\ndata: {"content":"a"}\n\nid: 3\ndata: {"content":"ab"}\n\n'
    )
    assert voice.end(None, "stop", None).startswith(b'data: {"content":"ab","done":true')


def test_what_no_user_is_told_is_a_mistake_and_not_silence():
    with pytest.raises(ValueError, match="USAGE"):
        Voice().say([TokenEvent(Kind.USAGE)])
