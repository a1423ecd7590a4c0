import json

import pytest

from harness.clock import MS, SECOND
from mock_provider.quota import Refusal, Standing
from mock_provider.requests.openai import API, duration
from mock_provider.requests.request import ChatRequest, Incoming, Problem, ToolSpec, count_tokens


def body(**changes: object) -> bytes:
    asked = {"model": "m", "messages": [{"role": "user", "content": "hi"}], **changes}
    return json.dumps(asked).encode()


def parsed(raw: bytes) -> ChatRequest:
    incoming = Incoming(method="POST", path="/v1/chat/completions", query={}, headers={}, body=raw)
    return API.parse(incoming)


def test_the_text_of_all_messages_is_the_prompt() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "x"}}]
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": parts}, {"role": "assistant"}]
    assert parsed(body(messages=messages)).prompt == "s\na\n\n"


def test_what_matters_of_a_request_is_read() -> None:
    asked = parsed(
        body(stream=True, stream_options={"include_usage": True}, max_tokens=5, max_completion_tokens=6, x=1)
    )
    assert asked == ChatRequest(model="m", prompt="hi", max_tokens=6, stream=True, include_usage=True)


def test_tools_schemas_and_their_settings_are_read() -> None:
    function = {"name": "f", "parameters": {"type": "object"}}
    asked = parsed(
        body(
            tools=[{"type": "function", "function": function}],
            tool_choice={"type": "function", "function": {"name": "f"}},
            parallel_tool_calls=False,
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "n", "schema": {"type": "object"}},
            },
        )
    )
    assert asked.tools == [ToolSpec("f", {"type": "object"})]
    assert (asked.tool_choice, asked.parallel_tools) == ("f", False)
    assert asked.schema == {"type": "object"}


def test_after_a_tool_has_answered_none_is_called_again() -> None:
    messages = [{"role": "user", "content": "x"}, {"role": "tool", "content": "42", "tool_call_id": "c"}]
    tools = [{"type": "function", "function": {"name": "f"}}]
    assert parsed(body(messages=messages, tools=tools)).tools == []


@pytest.mark.parametrize(
    ("raw", "param"),
    [
        (b"", None),
        (b"not json", None),
        (b"\xff", None),
        (b"[]", None),
        (b'{"messages":[{"role":"user","content":"x"}]}', None),
        (body(messages=[]), "messages"),
        (body(messages="hi"), "messages"),
        (body(max_tokens=0), "max_tokens"),
        (body(stream="yes"), "stream"),
        (body(n=2), "n"),
        (body(stream_options={"include_usage": True}), "stream_options"),
    ],
)
def test_a_bad_request_is_a_400_that_names_its_parameter(raw: bytes, param: str | None) -> None:
    with pytest.raises(Problem) as caught:
        parsed(raw)
    assert (caught.value.status, caught.value.param) == (400, param)


def test_an_error_body_has_the_shape_and_type_of_its_status() -> None:
    problem = Problem(404, "no such model", param="model")
    assert json.loads(API.error_body(problem, "req_1")) == {
        "error": {
            "message": "no such model",
            "type": "invalid_request_error",
            "param": "model",
            "code": "model_not_found",
        }
    }
    assert json.loads(API.error_body(Problem(503, "x"), ""))["error"]["type"] == "server_error"


def test_limits_stand_on_every_response() -> None:
    assert API.headers("req_1", {"requests": Standing(60, 59, SECOND)}) == (
        ("x-request-id", "req_1"),
        ("openai-version", "2020-10-01"),
        ("x-ratelimit-limit-requests", "60"),
        ("x-ratelimit-remaining-requests", "59"),
        ("x-ratelimit-reset-requests", "1s"),
    )


def test_a_refusal_tells_the_true_wait_in_both_spellings() -> None:
    problem, headers = API.refusal("m", Refusal("tpm", 1400 * MS, 30000, 29500, 1200))
    assert problem.message == (
        "Rate limit reached for m on tokens per min (TPM): Limit 30000, Used 29500, Requested 1200. "
        "Please try again in 1.4s."
    )
    error = json.loads(API.error_body(problem, ""))["error"]
    assert (problem.status, error["type"], error["code"]) == (429, "tokens", "rate_limit_exceeded")
    assert headers == (("retry-after", "2"), ("retry-after-ms", "1400"))


def test_a_request_that_can_never_fit_is_not_told_to_wait() -> None:
    problem, headers = API.refusal("m", Refusal("tpm", None, 100, 0, 101))
    assert problem.message.startswith("Request too large for m")
    assert headers == ()


@pytest.mark.parametrize(
    ("ns", "text"),
    [(0, "0ms"), (1, "1ms"), (12 * MS, "12ms"), (SECOND, "1s"), (1400 * MS, "1.4s"), (360 * SECOND, "6m0s")],
)
def test_durations_are_spelt_as_the_provider_does_and_never_too_short(ns: int, text: str) -> None:
    assert duration(ns) == text


def test_tokens_of_a_prompt_are_counted_by_four_bytes() -> None:
    assert [count_tokens(text) for text in ("", "abcd", "abcde", "😀😀")] == [1, 1, 2, 2]
