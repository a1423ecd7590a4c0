"""The official SDKs, with strict response validation on, in every mode that succeeds."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import anthropic
import huggingface_hub
import openai
import pytest

from harness.answer import answer
from tests.mock_provider.running import mock

pytestmark = pytest.mark.slow

CONFIG = """
models:
  m: {ttft_ms: 5, itl_ms: 1, output_tokens: 12}
  m-vllm: {dialect: vllm, ttft_ms: 5, itl_ms: 1, output_tokens: 12}
  m-tgi: {dialect: tgi_chat, ttft_ms: 5, itl_ms: 1, output_tokens: 12}
  limited: {ttft_ms: 5, itl_ms: 1, output_tokens: 5, quota: {rpm: 60, burst_s: 1}}
"""
TEXT = "".join(answer(7, 42, 12))
MESSAGES: Any = [{"role": "user", "content": "[sid:000042] hi"}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}
SCHEMA = {**PARAMETERS, "required": ["city", "days"], "additionalProperties": False}
CHAT_TOOLS: Any = [
    {"type": "function", "function": {"name": name, "parameters": PARAMETERS}} for name in ("weather", "news")
]
CHAT_MODELS = ["m", "m-vllm", "m-vllm+think=3", "m-tgi"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mock(tmp_path_factory.mktemp("mock"), CONFIG, "--seed", "7") as server:
        yield f"http://{server.host}:{server.port}"
        assert server.stop() == 0
        assert server.rest[1] == ""


@pytest.fixture(scope="module")
def chat(base: str) -> Iterator[Any]:
    with openai.OpenAI(
        base_url=f"{base}/v1", api_key="sk", max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


@pytest.fixture(scope="module")
def claude(base: str) -> Iterator[Any]:
    with anthropic.Anthropic(
        base_url=base, api_key="sk", max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


def text_of(chunks: list[Any]) -> str:
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def test_models_are_listed_as_each_sdk_wants_them(chat: Any, claude: Any) -> None:
    assert [model.id for model in chat.models.list()][:2] == ["m", "m-vllm"]
    assert [model.id for model in claude.models.list()][:2] == ["m", "m-vllm"]


@pytest.mark.parametrize("model", CHAT_MODELS)
def test_chat_streams_with_usage(chat: Any, model: str) -> None:
    options: Any = {"include_usage": True}
    stream = chat.chat.completions.create(model=model, messages=MESSAGES, stream=True, stream_options=options)
    chunks = list(stream)
    assert text_of(chunks) == TEXT
    finishes = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    assert finishes == ["stop"]
    assert chunks[-1].usage.completion_tokens == 12 + 3 * ("think" in model)


@pytest.mark.parametrize("model", CHAT_MODELS)
def test_chat_answers_whole(chat: Any, model: str) -> None:
    got = chat.chat.completions.create(model=model, messages=MESSAGES, max_tokens=4)
    said = 4 - 3 * ("think" in model)  # the cap is on what was thought, too
    assert got.choices[0].message.content == "".join(answer(7, 42, said))
    assert got.usage.completion_tokens == 4
    assert (got.choices[0].finish_reason, got.model) == ("length", model)


def test_chat_streams_to_an_async_client(base: str) -> None:
    async def run() -> list[Any]:
        async with openai.AsyncOpenAI(
            base_url=f"{base}/v1", api_key="sk", max_retries=0, _strict_response_validation=True
        ) as client:
            stream = await client.chat.completions.create(model="m", messages=MESSAGES, stream=True)
            return [chunk async for chunk in stream]

    assert text_of(asyncio.run(run())) == TEXT


@pytest.mark.parametrize("model", ["m+tools=2", "m-vllm+tools=2", "m-tgi+tools=2"])
def test_parallel_tool_calls_streamed_and_whole(chat: Any, model: str) -> None:
    whole = chat.chat.completions.create(model=model, messages=MESSAGES, tools=CHAT_TOOLS)
    with chat.chat.completions.stream(model=model, messages=MESSAGES, tools=CHAT_TOOLS) as stream:
        streamed = stream.until_done().get_final_completion()
    for got in (whole, streamed):
        calls = got.choices[0].message.tool_calls
        assert [call.function.name for call in calls] == ["weather", "news"]
        assert set(json.loads(calls[0].function.arguments)) == {"city", "days"}
        assert got.choices[0].finish_reason == "tool_calls"


def test_a_tool_loop_comes_to_an_end(chat: Any) -> None:
    first = chat.chat.completions.create(model="m", messages=MESSAGES, tools=CHAT_TOOLS).choices[0].message
    reply = {"role": "tool", "tool_call_id": first.tool_calls[0].id, "content": "sunny"}
    history = [*MESSAGES, first.model_dump(exclude_none=True), reply]
    second = chat.chat.completions.create(model="m", messages=history, tools=CHAT_TOOLS)
    assert second.choices[0].message.content == TEXT


def test_json_of_a_schema(chat: Any) -> None:
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True}}
    got = chat.chat.completions.create(model="m", messages=MESSAGES, response_format=wanted)
    assert set(json.loads(got.choices[0].message.content)) == {"city", "days"}


@pytest.mark.parametrize("model", ["m", "m+think=3"])
def test_responses_streamed_and_whole(chat: Any, model: str) -> None:
    assert chat.responses.create(model=model, input=MESSAGES).output_text == TEXT
    with chat.responses.stream(model=model, input=MESSAGES) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert (final.output_text, final.status) == (TEXT, "completed")
    assert ("response.reasoning_summary_text.delta" in kinds) == ("think" in model)


def test_responses_call_tools(chat: Any) -> None:
    tools: Any = [{"type": "function", "name": "weather", "parameters": PARAMETERS, "strict": False}]
    (call,) = chat.responses.create(model="m", input=MESSAGES, tools=tools).output
    with chat.responses.stream(model="m", input=MESSAGES, tools=tools) as stream:
        (streamed,) = stream.until_done().get_final_response().output
    for got in (call, streamed):
        assert (got.type, got.name) == ("function_call", "weather")
        assert set(json.loads(got.arguments)) == {"city", "days"}


def test_responses_that_are_capped_are_incomplete(chat: Any) -> None:
    got = chat.responses.create(model="m", input=MESSAGES, max_output_tokens=4)
    assert (got.status, got.incomplete_details.reason) == ("incomplete", "max_output_tokens")


@pytest.mark.parametrize("model", ["m", "m+think=3"])
def test_anthropic_streamed_and_whole(claude: Any, model: str) -> None:
    whole = claude.messages.create(model=model, max_tokens=50, messages=MESSAGES)
    with claude.messages.stream(model=model, max_tokens=50, messages=MESSAGES) as stream:
        streamed = stream.get_final_message()
    for got in (whole, streamed):
        kinds = [block.type for block in got.content]
        assert kinds == (["thinking", "text"] if "think" in model else ["text"])
        assert got.content[-1].text == TEXT
        assert got.stop_reason == "end_turn"
        assert got.usage.output_tokens == 12 + 3 * ("think" in model)


def test_anthropic_streams_to_an_async_client(base: str) -> None:
    async def run() -> Any:
        async with (
            anthropic.AsyncAnthropic(
                base_url=base, api_key="sk", max_retries=0, _strict_response_validation=True
            ) as client,
            client.messages.stream(model="m", max_tokens=50, messages=MESSAGES) as stream,
        ):
            return await stream.get_final_message()

    assert asyncio.run(run()).content[0].text == TEXT


def test_anthropic_calls_tools_in_parallel(claude: Any) -> None:
    tools: Any = [{"name": name, "input_schema": PARAMETERS} for name in ("weather", "news")]
    asked: Any = {"model": "m+tools=2", "max_tokens": 500}
    whole = claude.messages.create(**asked, messages=MESSAGES, tools=tools)
    with claude.messages.stream(**asked, messages=MESSAGES, tools=tools) as stream:
        streamed = stream.get_final_message()
    for got in (whole, streamed):
        assert [(block.type, block.name) for block in got.content] == [
            ("tool_use", "weather"),
            ("tool_use", "news"),
        ]
        assert set(got.content[0].input) == {"city", "days"}
        assert got.stop_reason == "tool_use"


def test_huggingface_generates_and_chats(base: str) -> None:
    with huggingface_hub.InferenceClient(model=base) as generate:
        assert "".join(generate.text_generation("[sid:000042] hi", stream=True, max_new_tokens=50)) == TEXT
        details = generate.text_generation("[sid:000042] hi", details=True, max_new_tokens=4)
    assert (details.generated_text, details.details.finish_reason) == ("".join(answer(7, 42, 4)), "length")
    with huggingface_hub.InferenceClient(base_url=base, api_key="hf") as client:
        assert text_of(list(client.chat_completion(MESSAGES, model="m-tgi", stream=True))) == TEXT
        assert client.chat_completion(MESSAGES, model="m-tgi").choices[0].message.content == TEXT


def test_huggingface_calls_tools(base: str) -> None:
    with huggingface_hub.InferenceClient(base_url=base, api_key="hf") as client:
        got = client.chat_completion(MESSAGES, model="m-tgi+tools=2", tools=CHAT_TOOLS)
    calls = got.choices[0].message.tool_calls or []
    assert {call.function.name for call in calls} == {"weather", "news"}


def test_huggingface_generates_and_chats_asynchronously(base: str) -> None:
    async def run() -> tuple[str, str, Any]:
        async with huggingface_hub.AsyncInferenceClient(model=base) as generate:
            pieces = await generate.text_generation("[sid:000042] hi", stream=True, max_new_tokens=50)
            generated = "".join([piece async for piece in pieces])
        async with huggingface_hub.AsyncInferenceClient(base_url=base, api_key="hf") as client:
            chunks = await client.chat_completion(MESSAGES, model="m-tgi", stream=True)
            streamed = text_of([chunk async for chunk in chunks])
            return generated, streamed, await client.chat_completion(MESSAGES, model="m-tgi")

    generated, streamed, whole = asyncio.run(run())
    assert (generated, streamed, whole.choices[0].message.content) == (TEXT, TEXT, TEXT)


def test_a_client_that_obeys_the_refusal_is_not_refused_twice_in_a_row(base: str) -> None:
    """The SDK waits as it is told; with one retry allowed, every request succeeds."""
    with openai.OpenAI(base_url=f"{base}/v1", api_key="sk-one", max_retries=1) as client:
        for _ in range(4):
            got = client.chat.completions.create(model="limited", messages=MESSAGES)
            assert got.choices[0].finish_reason == "stop"
