"""The official SDKs as judges: strict validation takes what the encoders write. No socket is involved."""

from collections.abc import Iterator
from typing import Any

import pytest

from harness import dialects
from harness.dialects.dialect import Reply, ToolCall
from harness.dialects.events import Usage

httpx = pytest.importorskip("httpx2", reason="comes with the SDKs")
openai = pytest.importorskip("openai")
anthropic = pytest.importorskip("anthropic")

TEXTS = ["Hi ", "wörd\u2028 ", "😀"]
CHAT = ["openai", "vllm", "tgi_chat"]
USAGE = Usage(12, 5)
OPEN: list[Any] = []
CALLS = [ToolCall("call_1", "weather", '{"city": "P"}'), ToolCall("call_2", "news", "{}")]


def reply(name: str, *, usage: bool = True) -> Reply:
    id = {"anthropic": "msg_1", "openai_responses": "resp_1"}.get(name, "chatcmpl-1")
    return Reply(id=id, model="m", created_s=1700000000, include_usage=usage, input_tokens=12)


def stream(name: str, *, tools: bool = False, usage: bool = True, reason: str = "stop") -> bytes:
    say = dialects.load(name).encoder(reply(name, usage=usage))
    written = say.start() + say.reasoning("hm") + b"".join(map(say.text, TEXTS))
    for index, call in enumerate(CALLS if tools else []):
        written += say.tool_open(index, call.id, call.name) + say.tool_fragment(index, call.arguments)
    return written + say.finish("tool_calls" if tools else reason, USAGE) + say.end()


def answering(body: bytes, kind: str = "text/event-stream", status: int = 200) -> Any:
    """An HTTP client that gets `body` whatever it asks."""
    response = {"headers": {"content-type": kind}, "content": body}
    OPEN.append(
        httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(status, **response)))
    )
    return OPEN[-1]


def openai_client(body: bytes, **options: Any) -> Any:
    client = answering(body, **options)
    return openai.OpenAI(
        api_key="k",
        base_url="http://test",
        http_client=client,
        max_retries=0,
        _strict_response_validation=True,
    )


def anthropic_client(body: bytes, **options: Any) -> Any:
    client = answering(body, **options)
    return anthropic.Anthropic(
        api_key="k",
        base_url="http://test",
        http_client=client,
        max_retries=0,
        _strict_response_validation=True,
    )


ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "x"}]}


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Clients are closed at the end of a test, not when a collection finds them."""
    yield
    while OPEN:
        OPEN.pop().close()


@pytest.mark.parametrize("usage", [True, False])
@pytest.mark.parametrize("name", CHAT)
def test_a_chat_stream_passes_strict_validation(name: str, usage: bool) -> None:
    chunks = list(openai_client(stream(name, usage=usage)).chat.completions.create(stream=True, **ASK))
    texts = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert "".join(text or "" for text in texts) == "".join(TEXTS)
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    counted = [chunk.usage for chunk in chunks if chunk.usage is not None]
    assert [(usage.prompt_tokens, usage.completion_tokens) for usage in counted] == [(12, 5)] * usage


@pytest.mark.parametrize("name", CHAT)
def test_chat_tool_calls_pass_strict_validation(name: str) -> None:
    chunks = openai_client(stream(name, tools=True)).chat.completions.create(stream=True, **ASK)
    names: dict[int, str] = {}
    arguments: dict[int, str] = {}
    for chunk in chunks:
        for call in (chunk.choices[0].delta.tool_calls or ()) if chunk.choices else ():
            names[call.index] = names.get(call.index, "") + (call.function.name or "")
            arguments[call.index] = arguments.get(call.index, "") + (call.function.arguments or "")
    assert names == {0: "weather", 1: "news"}
    assert arguments == {0: '{"city": "P"}', 1: "{}"}


@pytest.mark.parametrize("name", CHAT)
def test_a_whole_chat_answer_passes_strict_validation(name: str) -> None:
    for calls in ([], CALLS):
        body = dialects.load(name).whole(reply(name), "" if calls else "Hi", "stop", USAGE, calls, "hm")
        answer = openai_client(body, kind="application/json").chat.completions.create(**ASK)
        message = answer.choices[0].message
        assert message.content == (None if calls else "Hi")
        assert [call.function.name for call in message.tool_calls or ()] == [call.name for call in calls]
        assert answer.usage.total_tokens == 17


@pytest.mark.parametrize(
    ("reason", "last"), [("stop", "response.completed"), ("length", "response.incomplete")]
)
def test_a_responses_stream_passes_strict_validation(reason: str, last: str) -> None:
    client = openai_client(stream("openai_responses", tools=reason == "stop", reason=reason))
    events = list(client.responses.create(model="m", input="x", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[-1].type == last
    output = events[-1].response.output
    assert [item.type for item in output][:2] == ["reasoning", "message"]
    assert events[-1].response.output_text == "".join(TEXTS)
    assert [item.arguments for item in output[2:]] == (
        [call.arguments for call in CALLS] if reason == "stop" else []
    )
    assert events[-1].response.usage.total_tokens == 17


def test_the_responses_helper_takes_the_stream_too() -> None:
    with openai_client(stream("openai_responses", tools=True)).responses.stream(
        model="m", input="x"
    ) as found:
        assert found.get_final_response().output_text == "".join(TEXTS)


@pytest.mark.parametrize("shape", ["event", "failed"])
def test_errors_in_a_responses_stream_pass_strict_validation(shape: str) -> None:
    say = dialects.load("openai_responses").encoder(reply("openai_responses"))
    client = openai_client(say.start() + say.text("Hi") + say.error("server_error", "boom", shape))
    last = list(client.responses.create(model="m", input="x", stream=True))[-1]
    assert (last.message if shape == "event" else last.response.error.message) == "boom"


def test_a_whole_responses_answer_passes_strict_validation() -> None:
    body = dialects.load("openai_responses").whole(
        reply("openai_responses"), "Hi", "stop", USAGE, CALLS, "hm"
    )
    answer = openai_client(body, kind="application/json").responses.create(model="m", input="x")
    assert answer.output_text == "Hi"
    assert [item.type for item in answer.output] == ["reasoning", "message", "function_call", "function_call"]


def test_an_anthropic_stream_passes_strict_validation_and_the_accumulating_helper() -> None:
    body = stream("anthropic", tools=True)
    events = list(anthropic_client(body).messages.create(stream=True, max_tokens=9, **ASK))
    assert events[-1].type == "message_stop"
    with anthropic_client(body).messages.stream(max_tokens=9, **ASK) as found:
        message = found.get_final_message()
    thinking, text, *tools = message.content
    assert (thinking.thinking, text.text) == ("hm", "".join(TEXTS))
    assert [(tool.name, tool.input) for tool in tools] == [("weather", {"city": "P"}), ("news", {})]
    assert (message.stop_reason, message.usage.input_tokens, message.usage.output_tokens) == (
        "tool_use",
        12,
        5,
    )


def test_a_whole_anthropic_answer_passes_strict_validation() -> None:
    body = dialects.load("anthropic").whole(reply("anthropic"), "Hi", "length", USAGE, CALLS, "hm")
    message = anthropic_client(body, kind="application/json").messages.create(max_tokens=9, **ASK)
    assert [block.type for block in message.content] == ["thinking", "text", "tool_use", "tool_use"]
    assert message.stop_reason == "max_tokens"


@pytest.mark.parametrize("name", ["openai", "vllm"])
def test_an_error_in_a_chat_stream_raises_in_the_sdk(name: str) -> None:
    for shape in dialects.load(name).error_shapes[: 2 if name == "openai" else 1]:
        say = dialects.load(name).encoder(reply(name))
        client = openai_client(say.start() + say.text("Hi") + say.error("503", "boom", shape))
        with pytest.raises(openai.APIError, match="boom"):
            list(client.chat.completions.create(stream=True, **ASK))


def test_an_error_in_an_anthropic_stream_raises_in_the_sdk() -> None:
    say = dialects.load("anthropic").encoder(reply("anthropic"))
    client = anthropic_client(say.start() + say.text("Hi") + say.error("overloaded", "boom"))
    with pytest.raises(anthropic.APIStatusError, match="boom"):
        list(client.messages.create(stream=True, max_tokens=9, **ASK))


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, "BadRequestError"), (401, "AuthenticationError"), (404, "NotFoundError"), (429, "RateLimitError"),
     (500, "InternalServerError")],
)  # fmt: skip
def test_http_errors_raise_the_class_of_their_status(status: int, error: str) -> None:
    body = dialects.load("openai").error_body(status, "", "why")
    with pytest.raises(getattr(openai, error), match="why") as found:
        openai_client(body, kind="application/json", status=status).chat.completions.create(**ASK)
    assert found.value.type == (
        "requests" if status == 429 else "server_error" if status == 500 else "invalid_request_error"
    )
    body = dialects.load("anthropic").error_body(status, "", "why")
    with pytest.raises(getattr(anthropic, error), match="why"):
        anthropic_client(body, kind="application/json", status=status).messages.create(max_tokens=9, **ASK)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A maker of huggingface_hub clients; their only way out is the body that they are given."""
    hub = pytest.importorskip("huggingface_hub")

    def client(body: bytes, **options: Any) -> Any:
        hub.set_client_factory(lambda: answering(body, **options))
        return hub.InferenceClient(model="http://test")

    yield client
    hub.set_client_factory(hub.utils._http.default_client_factory)


def test_the_hub_client_takes_a_tgi_stream(hub: Any) -> None:
    tokens = list(hub(stream("tgi")).text_generation("x", stream=True, details=True))
    assert "".join(token.token.text for token in tokens if not token.token.special) == "".join(TEXTS)
    assert tokens[-1].generated_text == "".join(TEXTS)
    details = tokens[-1].details
    assert (details.finish_reason, details.generated_tokens, details.input_length) == ("eos_token", 5, 12)


def test_the_hub_client_takes_a_whole_tgi_answer(hub: Any) -> None:
    body = dialects.load("tgi").whole(reply("tgi"), "Hi", "length", USAGE)
    answer = hub(body, kind="application/json").text_generation("x", details=True)
    assert (answer.generated_text, answer.details.finish_reason) == ("Hi", "length")


def test_the_hub_client_raises_an_error_of_the_tgi_stream_as_its_type(hub: Any) -> None:
    say = dialects.load("tgi").encoder(reply("tgi"))
    client = hub(say.text("Hi") + say.error("overloaded", "full"))
    with pytest.raises(Exception, match="full") as error:
        list(client.text_generation("x", stream=True, details=True))
    assert type(error.value).__name__ == "OverloadedError"


def test_the_hub_client_takes_a_tgi_chat(hub: Any) -> None:
    chunks = list(hub(stream("tgi_chat", tools=True)).chat_completion([], stream=True))
    deltas = [chunk.choices[0].delta for chunk in chunks]
    assert {delta.role for delta in deltas} == {"assistant"}
    assert "".join(delta.content or "" for delta in deltas) == "".join(TEXTS)
    calls = [call for delta in deltas for call in delta.tool_calls or ()]
    assert [call.function.name for call in calls if call.function.name] == ["weather", "news"]
    assert {(call.index, call.id, call.type) for call in calls} == {
        (0, "call_1", "function"),
        (1, "call_2", "function"),
    }
    assert chunks[-1].usage.total_tokens == 17
