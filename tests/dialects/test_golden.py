"""The transcripts: exact token events at every cut, and encoders that write the same frames."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness import dialects
from harness.dialects.dialect import Encoder, Reply
from harness.dialects.events import Completion, Usage
from harness.wire import frame_decoder
from tests.dialects.reading import meanings, short
from tests.wire.cuts import reads

GOLDEN = Path(__file__).parents[1] / "golden" / "dialects"
MEANINGS = yaml.safe_load((GOLDEN / "meanings.yaml").read_text(encoding="utf-8"))


def dialect_of(name: str) -> str:
    """`T2-openai-tools.sse` is a transcript of openai."""
    stem = name.partition(".")[0].split("-")
    return stem[1] if len(stem) > 1 else stem[0]


def test_every_dialect_has_a_transcript_and_every_transcript_a_meaning() -> None:
    assert {dialect_of(name) for name in MEANINGS} == set(dialects.names())
    assert {path.name for path in GOLDEN.iterdir()} - {"meanings.yaml"} == set(MEANINGS)


@pytest.mark.parametrize("name", MEANINGS)
def test_a_transcript_means_the_same_at_every_cut(name: str) -> None:
    dialect = dialects.load(dialect_of(name))
    for parts in reads((GOLDEN / name).read_bytes()):
        events, decoder = meanings(dialect, parts)
        assert [short(event) for event in events] == MEANINGS[name]
        assert (decoder.completion, decoder.after_done) == (Completion.FULL, 0)


@pytest.mark.parametrize("name", MEANINGS)
def test_a_transcript_without_its_last_frame_is_not_complete(name: str) -> None:
    dialect = dialects.load(dialect_of(name))
    *frames, _last = frame_decoder(dialect.wire).feed((GOLDEN / name).read_bytes())
    decoder = dialect.decoder()
    for frame in frames:
        decoder.feed(frame)
    assert decoder.completion is not Completion.FULL


def frames_of(dialect: str, data: bytes) -> list[tuple[str, Any]]:
    frames = frame_decoder(dialects.load(dialect).wire).feed(data)
    return [
        (frame.event, frame.data if frame.data == b"[DONE]" else json.loads(frame.data)) for frame in frames
    ]


def script_t1(say: Encoder) -> bytes:
    return say.start() + say.text("Hi") + say.finish("stop", Usage(12, 1)) + say.end()


def script_t3(say: Encoder) -> bytes:
    said = say.start() + say.reasoning("Th") + say.text("Hi") + say.tool_open(0, "call_1", "get_weather")
    return said + say.tool_fragment(0, '{"a":1}') + say.finish("tool_calls", Usage(12, 5)) + say.end()


def script_t4(say: Encoder) -> bytes:
    said = say.start() + say.reasoning("hm") + say.text("Hi") + say.tool_open(0, "toolu_1", "get_weather")
    return said + say.tool_fragment(0, '{"a": 1}') + say.finish("tool_calls", Usage(12, 9)) + say.end()


def script_t5(say: Encoder) -> bytes:
    return say.start() + say.reasoning("hm") + say.finish("stop", Usage(12, 2), "Hi") + say.end()


def script_t6(say: Encoder) -> bytes:
    return say.start() + say.text("H") + say.finish("length", Usage(12, 2), "i") + say.end()


def script_t6_chat(say: Encoder) -> bytes:
    return say.start() + say.text("H") + say.finish("stop", Usage(12, 2), "i") + say.end()


def script_t7_ollama(say: Encoder) -> bytes:
    said = say.start() + say.reasoning("hm") + say.text("Hi") + say.tool_open(0, "", "f")
    return said + say.tool_fragment(0, '{"a":1}') + say.finish("stop", Usage(12, 2)) + say.end()


def script_generic(say: Encoder) -> bytes:
    return say.start() + say.text("He") + say.text("llo") + say.finish("stop", Usage(12, 2)) + say.end()


def reply(id: str, created_s: int, *, usage: bool = True) -> Reply:
    return Reply(
        id=id, model="m", created_s=created_s, include_usage=usage, continuous_usage=True, input_tokens=12
    )


# What our encoder leaves to the imagination (random padding) or has of its own (names of the build).
OURS = {
    "system_fingerprint": ("fp_streamproof", "3.3.0-streamproof"),
    "signature": ("c3RyZWFtcHJvb2Y=", ""),
}


def comparable(value: Any) -> Any:
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if not isinstance(value, dict):
        return value
    left = {key: comparable(item) for key, item in value.items() if key not in ("obfuscation", *OURS)}
    return left | {key: "ours" if value[key] else "" for key in OURS if key in value}


@pytest.mark.parametrize(
    ("name", "script", "reply"),
    [
        ("T1-openai.sse", script_t1, reply("chatcmpl-1", 1700000000)),
        ("T3-openai_responses.sse", script_t3, reply("resp_1", 1700000000)),
        ("T4-anthropic.sse", script_t4, reply("msg_1", 0)),
        ("T5-vllm.sse", script_t5, reply("chatcmpl-1", 1)),
        ("T6-tgi_chat.sse", script_t6_chat, reply("", 1)),
        ("T7-ollama.ndjson", script_t7_ollama, reply("", 1735689600)),
    ],
)
def test_the_encoder_writes_the_frames_of_the_transcript(
    name: str, script: Callable[[Encoder], bytes], reply: Reply
) -> None:
    written = script(dialects.load(dialect_of(name)).encoder(reply))
    ours, golden = (
        frames_of(dialect_of(name), written),
        frames_of(dialect_of(name), (GOLDEN / name).read_bytes()),
    )
    assert comparable([list(pair) for pair in ours]) == comparable([list(pair) for pair in golden])


def test_tgi_differs_from_its_transcript_in_the_ids_of_tokens_only() -> None:
    def without_ids(frames: list[tuple[str, Any]]) -> list[Any]:
        return [{**data, "token": {**data["token"], "id": 0}} for _, data in frames]

    written = script_t6(dialects.load("tgi").encoder(reply("", 1)))
    golden = (GOLDEN / "T6-tgi.sse").read_bytes()
    assert without_ids(frames_of("tgi", written)) == without_ids(frames_of("tgi", golden))


def test_openai_tool_calls_differ_from_their_transcript_in_a_role_chunk_of_their_own() -> None:
    say = dialects.load("openai").encoder(reply("chatcmpl-1", 1700000000, usage=False))
    written = say.start() + say.tool_open(0, "call_1", "get_weather") + say.tool_fragment(0, '{"ci')
    written += (
        say.tool_fragment(0, 'ty":"P"}') + say.tool_open(1, "call_2", "f2") + say.tool_fragment(1, "{}")
    )
    written += say.finish("tool_calls", Usage(0, 0)) + say.end()
    (_, role), *ours = frames_of("openai", written)
    golden = frames_of("openai", (GOLDEN / "T2-openai-tools.sse").read_bytes())
    assert role["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    del golden[0][1]["choices"][0]["delta"]["role"]
    calls = golden[3][1]["choices"][0]["delta"]["tool_calls"][0]
    assert calls["function"].pop("arguments") == "{}"  # ours come in a fragment of their own
    opening = ours[3][1]["choices"][0]["delta"]["tool_calls"][0]
    assert opening["function"].pop("arguments") == ""
    assert ours[4][1]["choices"][0]["delta"] == {
        "tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]
    }
    del ours[4]
    ours[3][1]["choices"][0]["delta"].pop("content")
    assert comparable([data for _, data in ours]) == comparable([data for _, data in golden])


@pytest.mark.parametrize("name", ["generic", "generic_accumulated"])
def test_the_generic_events_are_numbered_by_tokens(name: str) -> None:
    written = script_generic(dialects.load(name).encoder(Reply(id="", model="m", created_s=0, resume_at=40)))
    golden = (GOLDEN / f"{name}.sse").read_bytes()
    ours, theirs = frames_of(name, written), frames_of(name, golden)
    assert ours[-1][1].pop("finish_reason") == "stop"
    assert ours == theirs
    assert [frame.id for frame in frame_decoder("sse").feed(written)] == ["41", "42", "42"]
