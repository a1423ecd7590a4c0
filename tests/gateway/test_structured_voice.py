import pytest

from gateway import failure
from gateway.fields import Fields
from gateway.structured_voice import Pattern, StructuredVoice
from gateway.voice import Voice
from harness.dialects.events import Kind, TokenEvent, Usage

OVER = b'data: {"done":true,"finish_reason":"stop","usage":{"input_tokens":1,"output_tokens":2}}\n\n'


def voice(pattern: Pattern) -> StructuredVoice:
    return StructuredVoice(pattern, Fields(), Voice())


def text(*pieces: str) -> list[TokenEvent]:
    return [TokenEvent(Kind.TEXT, piece) for piece in pieces]


def ended(said: StructuredVoice, reason: str = "stop") -> bytes:
    return said.end(said.verdict(None, reason), reason, Usage(1, 2), False)


def test_each_value_is_said_once_when_it_is_complete_with_its_place():
    said = voice("events")
    assert said.say(text('{"name":"An')) == b""
    assert said.say(text('n","tags":["a', '","b"')) == (
        b'data: {"field":{"path":"/name","value":"Ann"}}\n\n'
        b'data: {"field":{"path":"/tags/0","value":"a"}}\n\n'
        b'data: {"field":{"path":"/tags/1","value":"b"}}\n\n'
    )
    assert said.say(text("]}")) == b""
    assert ended(said) == OVER


def test_all_that_is_complete_is_said_again_when_there_is_more_of_it():
    said = voice("fields")
    assert said.say(text('{"name":"Ann","age":3', "0")) == b'data: {"fields":{"name":"Ann"}}\n\n'
    assert said.say(text(',"tags":[', '"a","b"')) == (
        b'data: {"fields":{"name":"Ann","age":30,"tags":["a","b"]}}\n\n'
    )
    assert said.say(text("]}")) == b""
    assert ended(said) == OVER


def test_what_only_the_end_completes_is_said_before_it():
    said = voice("events")
    assert said.say(text("4", "2")) == b""
    assert ended(said) == b'data: {"field":{"path":"","value":42}}\n\n' + OVER


def test_notes_and_reasoning_are_said_in_between():
    said = voice("fields")
    events = [TokenEvent(Kind.NOTE, code="thinking"), TokenEvent(Kind.REASONING, "hm")]
    assert said.say(events) == b'data: {"note":"thinking"}\n\ndata: {"reasoning":"hm"}\n\n'


@pytest.mark.parametrize("pattern", ["fields", "events"])
@pytest.mark.parametrize(
    ("pieces", "reason"), [(['{"a":1,"b":', "nonsense", '"c":3}'], "stop"), (['{"a":1,"b":"x'], "length")]
)
def test_a_text_that_is_no_json_ends_in_an_error_after_what_was_complete(
    pattern: Pattern, pieces: list[str], reason: str
):
    said = voice(pattern)
    heard = b"".join(said.say(text(piece)) for piece in pieces)
    assert heard.count(b"data: ") == 1
    assert said.hopeless == ("nonsense" in pieces)  # a text that is cut may go on
    why = said.verdict(None, reason)
    assert why is not None
    assert why.code == "answer_not_json"
    assert ("cut at its longest" in why.message) == (reason == "length")
    ending = said.end(why, reason, Usage(1, 2), False)
    assert b'"error"' in ending
    assert b"done" not in ending


def test_the_providers_failure_outranks_a_text_that_is_not_whole():
    said = voice("events")
    said.say(text('{"a":1'))
    assert said.verdict(failure.DIED, "") == failure.DIED
