import json
from typing import Any

import pytest

from mock_provider import requests
from mock_provider.desk import Desk
from mock_provider.requests.request import ChatRequest, Incoming, Problem, ToolSpec
from tests.mock_provider.test_desk import CONFIG

API = requests.load("gemini")
DECLARED = {"name": "f", "parameters": {"type": "OBJECT", "properties": {"type": {"type": "STRING"}}}}


def parsed(method: str = "streamGenerateContent", alt: str = "sse", **changes: Any) -> ChatRequest:
    body = {"contents": [{"role": "user", "parts": [{"text": "a"}, {"text": "b"}]}]} | changes
    path = f"/v1beta/models/org:m:{method}"
    query = {"alt": alt} if alt else {}
    return API.parse(
        Incoming(method="POST", path=path, query=query, headers={}, body=json.dumps(body).encode())
    )


def test_the_path_names_the_model_and_the_method_after_its_last_colon() -> None:
    assert (parsed().model, parsed().stream) == ("org:m", True)
    assert parsed("generateContent", alt="").stream is False


def test_the_prompt_is_all_that_was_said() -> None:
    assert parsed(systemInstruction={"parts": [{"text": "s"}]}).prompt == "s\na\nb"


def test_a_stream_is_sse_or_refused() -> None:
    with pytest.raises(Problem, match="alt=sse"):
        parsed(alt="")


def test_types_of_schemas_are_written_small_and_names_stay() -> None:
    (tool,) = parsed(tools=[{"functionDeclarations": [DECLARED]}]).tools
    assert tool == ToolSpec("f", {"type": "object", "properties": {"type": {"type": "string"}}})
    answer = parsed(generationConfig={"responseSchema": {"type": "ARRAY"}, "maxOutputTokens": 9})
    assert (answer.schema, answer.max_tokens) == ({"type": "array"}, 9)


def test_a_tool_that_has_answered_is_not_called_again() -> None:
    said = [{"parts": [{"functionResponse": {"name": "f", "response": {}}}]}]
    assert parsed(contents=said, tools=[{"functionDeclarations": [DECLARED]}]).tools == []


@pytest.mark.parametrize("changes", [{"contents": []}, {"generationConfig": {"maxOutputTokens": 0}}])
def test_what_makes_no_sense_is_a_400(changes: dict[str, Any]) -> None:
    with pytest.raises(Problem) as refused:
        parsed(**changes)
    error = json.loads(API.error_body(refused.value, "r"))["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")


def test_a_desk_lists_its_routes_with_the_models_place() -> None:
    assert ("POST", "/v1/models/{model}:generateContent") in Desk(CONFIG, 7).routes
