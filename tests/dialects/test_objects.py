"""The way from frames to events that several dialects share, tried on a dialect of three words."""

from collections.abc import Sequence

from harness.dialects.events import END, OTHER, Completion, Kind, TokenEvent, corrupt
from harness.dialects.objects import ObjectDecoder
from harness.wire.frame import Frame

HI = TokenEvent(Kind.TEXT, "hi")


def read(data: bytes) -> str:
    return data.decode("ascii")


def meaning(word: str) -> Sequence[TokenEvent]:
    return {"hi": (HI,), "bye": (HI, END), "hm": (OTHER,)}[word]


def heard(*words: bytes) -> tuple[list[TokenEvent], Completion, int]:
    decoder = ObjectDecoder(read, meaning)
    events = [event for word in words for event in decoder.feed(Frame(word))]
    return events, decoder.completion, decoder.after_done


def test_an_answer_is_complete_with_its_last_word():
    assert heard(b"hi", b"hm") == ([HI, OTHER], Completion.OPEN, 0)
    assert heard(b"hi", b"bye") == ([HI, HI, END], Completion.FULL, 0)


def test_what_comes_after_it_is_counted_and_content_there_is_a_ghost():
    ghost = TokenEvent(Kind.CORRUPT, "content after the end of the answer", "after_done")
    assert heard(b"bye", b"hm", b"bye") == ([HI, END, OTHER, ghost], Completion.FULL, 2)


def test_an_empty_frame_means_nothing_wherever_it_comes():
    assert heard(b"", b"bye", b"") == ([OTHER, HI, END, OTHER], Completion.FULL, 0)


def test_nonsense_is_corrupt_and_the_answer_goes_on():
    [told], *_ = heard(b"\xff")
    assert told.kind is Kind.CORRUPT
    assert "ascii" in told.text
    events, completion, after_done = heard(b"\xff", b"bye", b"\xff")
    assert events == [*corrupt(told.text), HI, END, *corrupt(told.text)]
    assert (completion, after_done) == (Completion.FULL, 0)
