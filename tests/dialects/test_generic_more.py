"""What a system may say beyond the answer: notes, whole tool calls and results, and completed fields."""

from decimal import Decimal

import pytest

from harness import dialects
from harness.dialects import generic
from harness.dialects.dialect import ToolCall
from harness.dialects.events import CONTENT, Kind, TokenEvent
from harness.wire.frame import Frame
from tests.dialects.reading import meanings

SAID = [
    (generic.note("thinking"), b'{"note":"thinking"}', TokenEvent(Kind.NOTE, "", "thinking")),
    (
        generic.note("calling", "clock"),
        b'{"note":"calling","tool":"clock"}',
        TokenEvent(Kind.NOTE, "clock", "calling"),
    ),
    (
        generic.tool_call(ToolCall("call_1", "clock", '{"zone":"UTC"}')),
        b'{"tool_call":{"id":"call_1","name":"clock","arguments":"{\\"zone\\":\\"UTC\\"}"}}',
        TokenEvent(Kind.TOOL, '{"zone":"UTC"}', "clock", id="call_1"),
    ),
    (
        generic.tool_result("call_1", "clock", "12:00"),
        b'{"tool_result":{"id":"call_1","name":"clock","content":"12:00"}}',
        TokenEvent(Kind.RESULT, "12:00", "clock", id="call_1"),
    ),
    (
        generic.field("/person/age", Decimal("4.20")),
        b'{"field":{"path":"/person/age","value":4.20}}',
        TokenEvent(Kind.FIELD, "4.2", "/person/age"),
    ),
    (
        generic.fields({"person": {"name": "Ann"}}),
        b'{"fields":{"person":{"name":"Ann"}}}',
        TokenEvent(Kind.FIELD, '{"person":{"name":"Ann"}}'),
    ),
]


@pytest.mark.parametrize("name", ["generic", "generic_accumulated"])
@pytest.mark.parametrize(("said", "data", "means"), SAID)
def test_more_than_the_answer_is_one_event_that_both_shapes_read(
    name: str, said: bytes, data: bytes, means: TokenEvent
) -> None:
    assert said == b"data: " + data + b"\n\n"
    assert meanings(dialects.load(name), [said])[0] == [means]


@pytest.mark.parametrize(
    "data",
    [
        b'{"note":7}',
        b'{"tool_call":"clock"}',
        b'{"tool_call":{"name":"clock"}}',
        b'{"tool_result":[]}',
        b'{"field":{"path":7,"value":1}}',
        b'{"field":"x","fields":7,"object":"chunk"}',
    ],
)
def test_who_uses_these_words_for_something_else_is_passed_over(data: bytes) -> None:
    assert generic.DIALECT.decoder().feed(Frame(data)) == (TokenEvent(Kind.OTHER),)


def test_a_field_is_content_and_so_none_may_follow_the_end() -> None:
    decoder = generic.DIALECT.decoder()
    decoder.feed(Frame(b'{"done":true}'))
    (ghost,) = decoder.feed(Frame(b'{"fields":{}}'))
    assert Kind.FIELD in CONTENT
    assert (ghost.kind, ghost.code) == (Kind.CORRUPT, "after_done")
