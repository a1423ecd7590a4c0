import json
from typing import Any

import pytest

from gateway.failure import Refused
from gateway.openai_asks import read_completion
from harness.dialects.dialect import Ask, ToolCall, ToolOffer, Turn


def read(**body: Any) -> Any:
    return read_completion(
        json.dumps({"messages": [{"role": "user", "content": "hi"}], **body}).encode(), "m"
    )


def test_a_plain_question():
    wanted = read()
    assert wanted.ask == Ask(prompt="hi", model="m", turns=(Turn(role="user", text="hi"),))
    assert (wanted.stream, wanted.include_usage) == (False, False)


def test_everything_that_can_be_asked_for():
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    tool = {"name": "f", "description": "does", "parameters": schema}
    wanted = read(
        model="big",
        stream=True,
        stream_options={"include_usage": True},
        max_tokens=5,
        max_completion_tokens=7,
        tools=[{"type": "function", "function": tool}],
        tool_choice={"type": "function", "function": {"name": "f"}},
        response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}},
        temperature=0.5,
        top_p=0.9,
        stop="END",
        seed=3,
    )
    assert wanted.ask == Ask(
        prompt="hi",
        model="big",
        max_tokens=7,
        turns=(Turn(role="user", text="hi"),),
        tools=(ToolOffer("f", "does", schema),),
        tool_choice="f",
        schema=schema,
        temperature=0.5,
        top_p=0.9,
        stop=("END",),
    )
    assert (wanted.stream, wanted.include_usage) == (True, True)


def test_a_conversation_with_tools():
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    wanted = read(
        messages=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "content": "1", "tool_call_id": "c1"},
        ]
    )
    assert wanted.ask.turns == (
        Turn(role="system", text="Be brief."),
        Turn(role="user", text="a\nb"),
        Turn(role="assistant", calls=(ToolCall("c1", "f", "{}"),)),
        Turn(role="tool", text="1", call_id="c1"),
    )


def test_any_json_object_will_do_where_no_schema_is_given():
    assert read(response_format={"type": "json_object"}).ask.schema == {"type": "object"}
    assert read(response_format={"type": "text"}).ask.schema is None


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"messages": []}, "at least one message"),
        ({"n": 2}, "n must be 1"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "robot"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "image_url"),
        ({"max_tokens": "many"}, "max_tokens"),
    ],
)
def test_what_makes_no_sense_is_a_400_that_says_why(body: dict[str, Any], why: str):
    with pytest.raises(Refused) as refused:
        read(**body)
    assert refused.value.failure.status == 400
    assert why in refused.value.failure.message


def test_no_json_at_all_is_a_400():
    with pytest.raises(Refused):
        read_completion(b'{"messages": [\xff]}', "m")
