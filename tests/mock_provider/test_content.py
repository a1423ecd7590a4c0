import json
from typing import Any

import pytest

from harness.answer import answer
from harness.plan.draws import generator
from mock_provider.content import Content, compose, frame_tokens, frames, pieces, text_of, thoughts
from mock_provider.examples import BadSchema, example
from mock_provider.requests.request import ChatRequest, ToolSpec
from mock_provider.script import Do, Step

SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "maxLength": 3},
        "unit": {"enum": ["c", "f"]},
        "days": {"type": "integer", "minimum": 2, "maximum": 4},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/part"}, "minItems": 2},
        "sure": {"type": ["boolean", "null"]},
        "kind": {"const": "k"},
        "either": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        "nothing": {"type": "null"},
    },
    "$defs": {"part": {"properties": {"name": {"type": "string", "minLength": 20}}}},
}
TOOLS = [ToolSpec("weather", SCHEMA), ToolSpec("clock")]


def placed(content: Content) -> list[Step]:
    """Its frames, the first at 0, each 1 ns after the other."""
    return frames(content, [9], 0, list(range(len(frame_tokens(content, [9])))))


def test_an_example_has_every_property_within_its_bounds() -> None:
    value = example(SCHEMA, generator(7))
    assert set(value) == set(SCHEMA["properties"])
    assert len(value["city"]) <= 3
    assert value["unit"] in ("c", "f")
    assert 2 <= value["days"] <= 4
    assert [len(part["name"]) >= 20 for part in value["parts"]] == [True, True]
    assert isinstance(value["sure"], bool)
    assert (value["kind"], value["nothing"]) == ("k", None)


def test_a_schema_that_refers_to_itself_comes_to_an_end() -> None:
    tree = {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#"}}}}
    assert json.dumps(example(tree, generator(7))).count("children") > 2


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "minItems": 9000, "items": {"type": "array", "minItems": 9000}},
        {"properties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}}, "required": ["a", "b"]},
        {"type": "string", "minLength": 10**9},
        {"properties": 5},
        {"enum": {"a": 1}},
    ],
)
def test_a_schema_that_demands_too_much_or_makes_no_sense_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(BadSchema):
        example(schema, generator(7))


def test_plain_questions_get_numbered_tokens() -> None:
    asked = ChatRequest(model="m", prompt="x")
    assert compose(asked, 1, 7, 5) == Content()
    steps = frames(Content(), [1, 2], 4, [10, 30])
    assert [(step.at_ns, step.do, step.tokens, step.nth) for step in steps] == [
        (10, Do.TEXT, 1, 4),
        (30, Do.TEXT, 2, 5),
    ]
    assert text_of(7, 5, 1, 3) == "".join(answer(7, 5, 4)[1:])


def test_a_schema_gets_json_in_pieces() -> None:
    content = compose(ChatRequest(model="m", prompt="x", schema=SCHEMA), 1, 7, 5)
    assert set(json.loads("".join(content.json))) == set(SCHEMA["properties"])
    assert content.fixed_tokens == len(content.json)
    steps = placed(content)
    assert b"".join(step.data for step in steps).decode() == "".join(content.json)


def test_tools_are_called_with_arguments_of_their_schema_and_in_parallel_if_wanted() -> None:
    asked = ChatRequest(model="m", prompt="x", tools=TOOLS)
    content = compose(asked, 2, 7, 5)
    assert [call.name for call in content.tools] == ["weather", "clock"]
    assert set(json.loads(content.tools[0].arguments)) == set(SCHEMA["properties"])
    assert json.loads(content.tools[1].arguments) == {}
    steps = placed(content)
    assert [step.do for step in steps].count(Do.TOOL_OPEN) == 2
    assert sum(step.tokens for step in steps) == content.fixed_tokens
    assert [step.at_ns for step in steps if step.do is Do.TOOL_OPEN] == [
        0,
        len(pieces(content.tools[0].arguments)),
    ]
    assert len(compose(ChatRequest(model="m", prompt="x", tools=TOOLS), 1, 7, 5).tools) == 1


def test_the_choice_of_a_tool_is_obeyed() -> None:
    named = ChatRequest(model="m", prompt="x", tools=TOOLS, tool_choice="clock")
    assert [call.name for call in compose(named, 2, 7, 5).tools] == ["clock"]
    none = ChatRequest(model="m", prompt="x", tools=TOOLS, tool_choice="none")
    assert compose(none, 2, 7, 5).tools == []
    single = ChatRequest(model="m", prompt="x", tools=TOOLS, parallel_tools=False)
    assert len(compose(single, 2, 7, 5).tools) == 1


def test_thoughts_are_no_tokens_of_the_answer() -> None:
    assert len(thoughts(5, 3)) == 5
    assert not any("[" in thought for thought in thoughts(50, 3))


def test_pieces_are_the_text() -> None:
    assert "".join(pieces("abcdefghijklmnop")) == "abcdefghijklmnop"
    assert pieces("") == [""]


def test_reasoning_comes_first_and_has_instants_of_its_own() -> None:
    content = Content(reasoning=thoughts(2, 3))
    assert frame_tokens(content, [1, 3]) == [1, 1, 1, 3]
    steps = frames(content, [1, 3], 0, [1, 2, 3, 4])
    assert [(step.at_ns, step.do) for step in steps] == [
        (1, Do.REASON),
        (2, Do.REASON),
        (3, Do.TEXT),
        (4, Do.TEXT),
    ]
