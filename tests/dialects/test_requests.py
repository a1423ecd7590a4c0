"""What a question with a conversation, tools, a schema and wishes becomes in each provider's words."""

import json
from typing import Any

import pytest

from harness import dialects
from harness.dialects.dialect import Ask, ToolCall, ToolOffer, Turn
from mock_provider import requests
from mock_provider.requests.request import ChatRequest, Incoming

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
CALLS = (ToolCall("call_1", "f", '{"a":1}'), ToolCall("call_2", "g", "{}"))
TALK = Ask(
    prompt="hi",
    model="m",
    turns=(
        Turn(role="system", text="Be brief."),
        Turn(role="user", text="hi"),
        Turn(role="assistant", text="Let me see.", calls=CALLS),
        Turn(role="tool", text="1", call_id="call_1"),
        Turn(role="tool", text="2", call_id="call_2"),
    ),
)
WISHES = Ask(
    prompt="hi",
    model="m",
    tools=(ToolOffer("f", "does", SCHEMA), ToolOffer("g")),
    tool_choice="f",
    schema=SCHEMA,
    temperature=0.5,
    top_p=0.9,
    stop=("END",),
)
OPENAI = ["openai", "vllm", "tgi_chat"]


def body(name: str, ask: Ask) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(dialects.load(name).request(ask, "/x").body)
    return read


def understood(name: str, ask: Ask) -> ChatRequest:
    """What the mock provider makes of it, which is held to the official SDKs."""
    api = requests.load(name)
    asked = dialects.load(name).request(ask, api.routes[0][1])
    return api.parse(
        Incoming(method="POST", path=asked.path, query={}, headers=asked.headers, body=asked.body)
    )


@pytest.mark.parametrize("name", OPENAI)
def test_a_conversation_as_openai_has_it(name: str) -> None:
    assert body(name, TALK)["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "hi"},
        {
            "role": "assistant",
            "content": "Let me see.",
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
                {"id": "call_2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "1"},
        {"role": "tool", "tool_call_id": "call_2", "content": "2"},
    ]


def test_a_conversation_as_anthropic_has_it() -> None:
    asked = body("anthropic", TALK)
    assert asked["system"] == "Be brief."
    assert asked["messages"] == [
        {"role": "user", "content": "hi"},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Let me see."},
                {"type": "tool_use", "id": "call_1", "name": "f", "input": {"a": 1}},
                {"type": "tool_use", "id": "call_2", "name": "g", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "call_1", "content": "1"},
                {"type": "tool_result", "tool_use_id": "call_2", "content": "2"},
            ],
        },
    ]


def test_rounds_of_tools_are_messages_of_their_own_with_anthropic() -> None:
    more = (
        Turn(role="assistant", calls=(ToolCall("call_3", "f", "{}"),)),
        Turn(role="tool", text="3", call_id="call_3"),
    )
    messages = body("anthropic", Ask(prompt="hi", turns=(*TALK.turns, *more)))["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user", "assistant", "user"]
    assert [block["tool_use_id"] for block in messages[-1]["content"]] == ["call_3"]


def test_a_conversation_is_text_where_there_are_no_turns() -> None:
    assert body("tgi", TALK)["inputs"] == (
        "system: Be brief.\nuser: hi\nassistant: Let me see.\ntool: 1\ntool: 2"
    )
    assert body("tgi", Ask(prompt="hi"))["inputs"] == "hi"


@pytest.mark.parametrize("name", [*OPENAI, "anthropic"])
def test_tools_and_schema_reach_the_provider(name: str) -> None:
    asked = understood(name, WISHES)
    assert [tool.name for tool in asked.tools] == ["f", "g"]
    assert (asked.tools[0].parameters, asked.tool_choice, asked.schema) == (SCHEMA, "f", SCHEMA)


@pytest.mark.parametrize("name", [*OPENAI, "anthropic"])
def test_after_tools_have_answered_the_provider_goes_on(name: str) -> None:
    asked = understood(name, Ask(prompt="hi", model="m", turns=TALK.turns, tools=WISHES.tools))
    assert asked.tools == []
    assert "hi" in asked.prompt


@pytest.mark.parametrize(("choice", "anthropic"), [("auto", "auto"), ("none", "none"), ("required", "any")])
def test_what_the_model_may_choose(choice: str, anthropic: str) -> None:
    ask = Ask(prompt="hi", tools=WISHES.tools, tool_choice=choice)
    assert body("openai", ask)["tool_choice"] == choice
    assert body("anthropic", ask)["tool_choice"] == {"type": anthropic}


def test_wishes_go_by_each_providers_names() -> None:
    assert {key: body("openai", WISHES)[key] for key in ("temperature", "top_p", "stop")} == {
        "temperature": 0.5,
        "top_p": 0.9,
        "stop": ["END"],
    }
    asked = body("anthropic", WISHES)
    assert (asked["temperature"], asked["top_p"], asked["stop_sequences"]) == (0.5, 0.9, ["END"])
    assert body("tgi", WISHES)["parameters"] == {
        "details": True,
        "grammar": {"type": "json", "value": SCHEMA},
        "temperature": 0.5,
        "top_p": 0.9,
        "stop": ["END"],
    }


@pytest.mark.parametrize("name", [*OPENAI, "anthropic", "tgi"])
def test_a_plain_question_says_nothing_of_what_it_does_not_want(name: str) -> None:
    asked = body(name, Ask(prompt="hi", model="m"))
    assert not {
        "tools",
        "tool_choice",
        "response_format",
        "output_config",
        "system",
        "temperature",
        "stop",
    } & (asked.keys() | asked.get("parameters", {}).keys())
