"""Frames read by their likeness mean what they mean when each is read in full."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.dialects.anthropic import AnthropicDecoder
from harness.dialects.events import TEXT, Kind, TokenEvent
from harness.dialects.likeness import _TRIES, Likeness
from harness.dialects.openai import OpenAiDecoder
from harness.wire.frame import Frame


class InFull(OpenAiDecoder):
    """Learns nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.likeness._tries = _TRIES


def chunk(content: object, **more: object) -> bytes:
    delta = {"content": content}
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
    return json.dumps({"id": "x", "model": "content", "choices": [choice], **more}).encode()


class Counting(Likeness):
    """Keeps the frames that had to be read in full."""

    def __init__(self) -> None:
        super().__init__()
        self.full: list[bytes] = []

    def learn(self, frame, events, read) -> None:
        self.full.append(frame.data)
        super().learn(frame, events, read)


def learned(*frames: bytes) -> tuple[OpenAiDecoder, list[bytes]]:
    """A decoder that was fed `frames`, and those that it read in full: a list that grows."""
    decoder = OpenAiDecoder()
    decoder.likeness = counting = Counting()
    for data in frames:
        decoder.feed(Frame(data))
    return decoder, counting.full


def text_of(decoder: OpenAiDecoder, data: bytes) -> list[TokenEvent]:
    return list(decoder.feed(Frame(data)))


def test_the_second_text_of_an_answer_is_not_read_in_full() -> None:
    decoder, full = learned(chunk("Hello"))
    assert text_of(decoder, chunk(" world")) == [TokenEvent(TEXT, " world")]
    assert len(full) == 1


@pytest.mark.parametrize("text", ["\n", '"', "\\", "é", "日本", "\u2028", "😀", "a\tb", "</s>", "\x7f"])
def test_texts_that_are_written_with_escapes_or_many_bytes(text: str) -> None:
    decoder, full = learned(chunk("Hello"))
    raw = json.dumps(text, ensure_ascii=False).encode()
    for data in (chunk(text), chunk("Hello").replace(b'"Hello"', raw)):
        assert text_of(decoder, data) == [TokenEvent(TEXT, text)]
    assert len(full) == 1


def test_a_word_that_stands_elsewhere_too_is_not_taken_for_the_text() -> None:
    """`model` is "content" and `id` is "x": both stand before the text."""
    decoder, _ = learned(chunk("x"), chunk("content"), chunk("Hello"))
    assert text_of(decoder, chunk("there")) == [TokenEvent(TEXT, "there")]
    other = chunk("there").replace(b'"id": "x"', b'"id": "there"')
    assert text_of(decoder, other) == [TokenEvent(TEXT, "there")]


@pytest.mark.parametrize(
    ("data", "kinds"),
    [
        (chunk("Hello", usage={"prompt_tokens": 1, "completion_tokens": 2}), [Kind.TEXT, Kind.USAGE]),
        (chunk(""), [Kind.OTHER]),
        (chunk(None), [Kind.OTHER]),
        (chunk("Hello").replace(b'"Hello"', b'"He" , "role": "assistant", "content": "llo"'), [Kind.TEXT]),
        (chunk("Hello").replace(b'"Hello"', b'"He"llo"'), [Kind.CORRUPT]),
        (chunk("Hello").replace(b'"Hello"', b'"\xff"'), [Kind.CORRUPT]),
        (chunk("Hello").replace(b'"Hello"', b'"'), [Kind.CORRUPT]),
        (chunk("Hello").replace(b'"Hello"', b""), [Kind.CORRUPT]),
        (chunk("Hello")[:-1], [Kind.CORRUPT]),
        (chunk("Hello", error={"message": "no"}), [Kind.ERROR]),
        (b"[DONE]", [Kind.END]),
    ],
)
def test_whatever_is_not_a_text_between_the_known_bytes_is_read_in_full(data: bytes, kinds: list) -> None:
    decoder, full = learned(chunk("Hello"), chunk("again"))
    assert [event.kind for event in text_of(decoder, data)] == kinds
    assert full[1:] == [data] or data == b"[DONE]"
    assert text_of(InFull(), data) == text_of(learned(chunk("Hello"))[0], data)


def test_content_after_the_last_word_is_still_found_out() -> None:
    decoder, _ = learned(chunk("Hello"), b"[DONE]")
    [event] = text_of(decoder, chunk("ghost"))
    assert (event.kind, event.code) == (Kind.CORRUPT, "after_done")


def test_frames_that_are_all_different_are_not_learned_for_ever() -> None:
    decoder, reads = OpenAiDecoder(), []
    full = decoder._events
    for number in range(100):
        frame = Frame(chunk("same", created=number))
        decoder.likeness.learn(frame, full(frame), lambda one: reads.append(one) or full(one))
    assert 0 < len(reads) < 20


TEXTS = st.text(st.characters(codec="utf-8"), max_size=6)
FRAMES = st.one_of(
    st.builds(lambda text: chunk(text), TEXTS),
    st.builds(lambda text: chunk(text, logprobs=text), TEXTS),
    st.builds(lambda text, pad: chunk(text, obfuscation=pad), TEXTS, TEXTS),
    st.builds(lambda text, cut: chunk(text)[:cut], TEXTS, st.integers(0, 90)),
    st.builds(
        lambda text, at, byte: chunk(text)[:at] + bytes([byte]) + chunk(text)[at:],
        TEXTS, st.integers(0, 90), st.integers(0, 255),
    ),
    st.just(chunk("").replace(b'"finish_reason": null', b'"finish_reason": "stop"')),
    st.just(b"[DONE]"),
)  # fmt: skip


@given(st.lists(FRAMES, max_size=12))
def test_any_answer_means_the_same_read_either_way(frames: list[bytes]) -> None:
    one, other = OpenAiDecoder(), InFull()
    for data in frames:
        assert list(one.feed(Frame(data))) == list(other.feed(Frame(data)))
        assert one.completion is other.completion


DELTA = "content_block_delta"
STOP = Frame(b'{"type":"message_stop"}', "message_stop")


def delta(text: str, event: str = DELTA, **more: object) -> Frame:
    data = {"type": event, "index": 0, "delta": {"type": "text_delta", "text": text}, **more}
    return Frame(json.dumps(data).encode(), event)


def untyped(text: str, event: str) -> Frame:
    """Its meaning is in the event's name alone."""
    return Frame(json.dumps({"delta": {"text": text}}).encode(), event)


def test_anthropics_deltas_are_read_by_their_likeness_too() -> None:
    decoder = AnthropicDecoder()
    decoder.likeness = counting = Counting()
    for word in ("Hello", " there", " world"):
        assert list(decoder.feed(delta(word))) == [TokenEvent(TEXT, word)]
    assert len(counting.full) == 1


def test_the_same_bytes_in_another_event_are_something_else() -> None:
    decoder = AnthropicDecoder()
    assert list(decoder.feed(untyped("a", DELTA))) == [TokenEvent(TEXT, "a")]
    assert [event.kind for event in decoder.feed(untyped("b", "message_delta"))] == [Kind.OTHER]
    assert list(decoder.feed(untyped("c", DELTA))) == [TokenEvent(TEXT, "c")]


def test_text_after_anthropics_last_word_is_still_found_out() -> None:
    decoder = AnthropicDecoder()
    for frame in (delta("a"), delta("b"), STOP):
        decoder.feed(frame)
    assert not decoder.likeness.known
    [event] = decoder.feed(delta("ghost"))
    assert (event.kind, event.code) == (Kind.CORRUPT, "after_done")


EVENTS = st.one_of(
    st.builds(delta, TEXTS),
    st.builds(lambda text, index: delta(text, index=index), TEXTS, st.integers(0, 2)),
    st.builds(untyped, TEXTS, st.sampled_from([DELTA, "message_delta", "ping", "new"])),
    st.builds(lambda text, cut: Frame(delta(text).data[:cut], DELTA), TEXTS, st.integers(0, 90)),
    st.just(Frame(b'{"type":"message_delta","delta":{"stop_reason":"end_turn"}}', "message_delta")),
    st.just(STOP),
)


@given(st.lists(EVENTS, max_size=12))
def test_any_answer_of_anthropics_means_the_same_read_either_way(frames: list[Frame]) -> None:
    one, other = AnthropicDecoder(), AnthropicDecoder()
    other.likeness.forget()
    for frame in frames:
        assert list(one.feed(frame)) == list(other.feed(frame))
        assert (one.completion, one.after_done) == (other.completion, other.after_done)
