"""What any dialect writes it reads back, and nothing that arrives makes a decoder raise."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import dialects
from harness.dialects.dialect import Ask, Reply, ToolCall
from harness.dialects.events import Completion, Kind, TokenEvent, Usage
from harness.wire import frame_decoder
from harness.wire.frame import Frame
from tests.dialects.reading import meanings, telling
from tests.wire.cuts import pieces

ALL = dialects.names()
WITH_REASONING = {
    "anthropic",
    "generic",
    "generic_accumulated",
    "gemini",
    "ollama",
    "openai_responses",
    "vllm",
}
WITH_TOOLS = {"anthropic", "gemini", "ollama", "openai", "openai_responses", "tgi_chat", "vllm"}
GOLDEN = Path(__file__).parents[1] / "golden" / "dialects"
PAYLOADS = [
    (frame.event, frame.data)
    for path in sorted([*GOLDEN.glob("*.sse"), *GOLDEN.glob("*.ndjson")])
    for frame in frame_decoder(path.suffix[1:]).feed(path.read_bytes())
    if frame.data != b"[DONE]"
]
TEXT = st.text(min_size=1, max_size=12) | st.sampled_from(
    ["\u2028", "\u0085", "😀", "\\", '"', "\n\r", "data: "]
)
REPLY = Reply(id="id_1", model="m", created_s=1, include_usage=True, input_tokens=3)


def joined(events: list[TokenEvent], kind: Kind) -> str:
    return "".join(event.text for event in events if event.kind is kind)


@pytest.mark.parametrize("name", ALL)
@given(
    texts=st.lists(TEXT, max_size=8),
    thoughts=st.lists(TEXT, max_size=3),
    places=st.lists(st.integers(0, 3000)),
)
def test_text_and_reasoning_come_back_whole(
    name: str, texts: list[str], thoughts: list[str], places: list[int]
) -> None:
    dialect = dialects.load(name)
    say = dialect.encoder(REPLY)
    written = say.start() + b"".join(map(say.reasoning, thoughts)) + b"".join(map(say.text, texts))
    written += say.finish("length", Usage(3, 4)) + say.end()
    events, decoder = meanings(dialect, pieces(written, places))
    assert joined(events, Kind.TEXT) == "".join(texts)
    assert joined(events, Kind.REASONING) == ("".join(thoughts) if name in WITH_REASONING else "")
    assert [event.usage for event in events if event.kind is Kind.USAGE][-1] == Usage(3, 4)
    assert [event.kind for event in events if event.kind in (Kind.FINISH, Kind.END)] == [
        Kind.FINISH,
        Kind.END,
    ]
    assert decoder.completion is Completion.FULL


@pytest.mark.parametrize("name", sorted(WITH_TOOLS))
def test_parallel_tool_calls_come_back_by_name_and_arguments(name: str) -> None:
    say = dialects.load(name).encoder(REPLY)
    written = say.start()
    for index, tool in enumerate(["weather", "news"]):
        written += say.tool_open(index, f"call_{index}", tool)
        written += say.tool_fragment(index, '{"a":') + say.tool_fragment(index, f"{index}" + "}")
    written += say.finish("tool_calls", Usage(3, 4)) + say.end()
    events, decoder = meanings(dialects.load(name), [written])
    tools = [event for event in events if event.kind is Kind.TOOL]
    assert [event.code for event in tools if event.code] == ["weather", "news"]
    assert "".join(event.text for event in tools) == '{"a":0}{"a":1}'
    assert decoder.completion is Completion.FULL


@pytest.mark.parametrize("name", sorted(set(ALL) - WITH_TOOLS))
def test_a_dialect_without_tools_says_nothing_of_them(name: str) -> None:
    say = dialects.load(name).encoder(REPLY)
    assert say.tool_open(0, "call_1", "f") + say.tool_fragment(0, "{}") == b""


@pytest.mark.parametrize("name", ALL)
def test_a_last_piece_that_rides_on_the_finish_is_text_before_it(name: str) -> None:
    say = dialects.load(name).encoder(REPLY)
    written = say.start() + say.text("a ") + say.finish("stop", Usage(3, 2), "b ") + say.end()
    events, decoder = meanings(dialects.load(name), [written])
    kinds = [event.kind for event in events if event.kind in (Kind.TEXT, Kind.FINISH)]
    assert (joined(events, Kind.TEXT), kinds[-1]) == ("a b ", Kind.FINISH)
    assert decoder.completion is Completion.FULL


@pytest.mark.parametrize(
    ("name", "finish", "reason"),
    [
        ("anthropic", "stop", "end_turn"),
        ("anthropic", "length", "max_tokens"),
        ("anthropic", "tool_calls", "tool_use"),
        ("anthropic", "content_filter", "refusal"),
        ("anthropic", "pause_turn", "pause_turn"),
        ("gemini", "length", "MAX_TOKENS"),
        ("openai", "content_filter", "content_filter"),
        ("openai_responses", "stop", "completed"),
        ("openai_responses", "length", "max_output_tokens"),
        ("openai_responses", "content_filter", "content_filter"),
        ("tgi", "stop", "eos_token"),
        ("tgi", "length", "length"),
    ],
)
def test_finish_reasons_are_said_in_the_words_of_the_dialect(name: str, finish: str, reason: str) -> None:
    say = dialects.load(name).encoder(REPLY)
    events, _ = meanings(dialects.load(name), [say.start() + say.finish(finish, Usage(1, 1)) + say.end()])
    assert [event.code for event in events if event.kind is Kind.FINISH] == [reason]


@pytest.mark.parametrize("name", ALL)
def test_a_piece_of_text_is_one_line_for_clients_that_split_like_python(name: str) -> None:
    written = dialects.load(name).encoder(REPLY).text("a\u2028b\u2029c\u0085d\n\re").decode()
    body = [line for line in written.splitlines() if line]
    assert [line for line in body if not line.startswith(("id: ", "event: ", "data: ", "{"))] == []


@pytest.mark.parametrize("name", ALL)
def test_a_request_names_prompt_model_and_limit_and_keeps_the_key_in_a_header(name: str) -> None:
    ask = Ask(prompt="say [sid:000001] wörd", model="m-1", max_tokens=7, api_key="k-secret")
    dialect = dialects.load(name)
    request = dialect.request(ask, dialect.path)
    said = request.path + request.body.decode()
    assert request.path.startswith(dialect.path)
    assert "000001" in said
    assert "7" in said
    assert ("m-1" in said) is (name != "tgi")  # a TGI server has one model
    assert "k-secret" not in said
    assert any("k-secret" in value for value in request.headers.values()) is (name != "ollama")
    assert all(key == key.lower() for key in request.headers)
    if request.method == "POST":
        assert request.headers["content-type"] == "application/json"
        json.loads(request.body)
    plain = dialect.request(msgspec.structs.replace(ask, stream=False, api_key=""), dialect.path)
    assert (plain.path, plain.body) != (request.path, request.body)
    assert not any("k-secret" in value for value in plain.headers.values())


@pytest.mark.parametrize("name", ["generic", "generic_accumulated"])
def test_a_generic_client_can_ask_for_the_rest(name: str) -> None:
    ask = Ask(prompt="p", last_event_id="41")
    assert dialects.load(name).request(ask, "/x").headers == {"last-event-id": "41"}


@pytest.mark.parametrize("name", ALL)
def test_a_whole_body_is_json_with_the_text_and_the_counts(name: str) -> None:
    body = dialects.load(name).whole(REPLY, "Hi 😀", "stop", Usage(12, 34))
    assert isinstance(json.loads(body), dict)
    assert "Hi 😀" in body.decode()
    assert b"34" in body


@pytest.mark.parametrize("name", sorted(WITH_TOOLS))
def test_a_whole_body_has_its_tool_calls(name: str) -> None:
    calls = [ToolCall("call_1", "weather", '{"city": "P"}'), ToolCall("call_2", "news", "{}")]
    body = dialects.load(name).whole(REPLY, "", "tool_calls", Usage(1, 1), calls, "thinking")
    said = json.dumps(json.loads(body))
    assert "weather" in said
    assert "news" in said
    assert "city" in said
    assert ("thinking" in said) is (name in WITH_REASONING or name == "anthropic")


@given(
    data=st.binary(max_size=200), event=st.sampled_from(["", "error", "message_delta", "response.completed"])
)
@pytest.mark.parametrize("name", ALL)
def test_no_bytes_make_a_decoder_raise(name: str, data: bytes, event: str) -> None:
    decoder = dialects.load(name).decoder()
    for frame in (Frame(data, event), Frame(b"[DONE]"), Frame(data, event)):
        events = decoder.feed(frame)
        assert events
        assert all(isinstance(event, TokenEvent) for event in events)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 1 << 70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("name", ALL)
@given(source=st.sampled_from(PAYLOADS), data=st.data())
def test_no_wrong_type_in_any_transcript_makes_a_decoder_raise(
    name: str, source: tuple[str, bytes], data: st.DataObject
) -> None:
    """A field of a real frame, of this dialect or another, is replaced by something else."""
    event, payload = source
    value = holder = json.loads(payload)
    while isinstance(holder, dict | list) and holder:
        keys = sorted(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(holder[key], dict | list) or data.draw(st.integers(0, 2)) == 0:
            holder[key] = data.draw(JSON)
            break
        holder = holder[key]
    assert dialects.load(name).decoder().feed(Frame(json.dumps(value).encode(), event))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    "data", [b'{"zz":"\xff"}', b"{", b'{"a":' + b"[" * 100_000, b"[1]", b"null", b"5", b'"\\ud800"']
)
def test_what_no_provider_says_is_corrupt_and_the_decoder_lives_on(name: str, data: bytes) -> None:
    dialect = dialects.load(name)
    decoder = dialect.decoder()
    assert [event.kind for event in decoder.feed(Frame(data))] == [Kind.CORRUPT]
    frames = frame_decoder(dialect.wire).feed(dialect.encoder(REPLY).text("Hi"))
    assert joined([event for frame in frames for event in decoder.feed(frame)], Kind.TEXT) == "Hi"


@pytest.mark.parametrize("name", ALL)
def test_empty_data_is_a_sign_of_life(name: str) -> None:
    assert [event.kind for event in dialects.load(name).decoder().feed(Frame(b""))] == [Kind.OTHER]


@pytest.mark.parametrize("name", ALL)
def test_after_the_last_word_text_is_a_ghost_and_an_error_an_error(name: str) -> None:
    dialect = dialects.load(name)
    decoder, wire = dialect.decoder(), frame_decoder(dialect.wire)

    def feed(data: bytes) -> list[list[str | int]]:
        return telling([event for frame in wire.feed(data) for event in decoder.feed(frame)])

    say = dialect.encoder(REPLY)
    first = say.start() + say.text("Hi")
    ending = say.finish("stop", Usage(3, 1)) + say.end()
    assert feed(first + ending)[-1] == ["END"]
    assert feed(ending) == []
    ghosts = decoder.after_done
    assert feed(say.text("Ho"))[-1] == [
        "CORRUPT",
        "content after the end of the answer",
        "after_done",
    ]
    assert feed(say.error("502", "late"))[-1][:2] == ["ERROR", "late"]
    assert decoder.after_done > ghosts
    assert decoder.completion is Completion.FULL
