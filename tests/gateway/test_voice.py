from gateway import failure
from gateway.voice import Voice
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
