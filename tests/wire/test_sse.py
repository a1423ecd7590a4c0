"""Server-sent events: the same frames for any cut of the same bytes, in bounded memory."""

import tracemalloc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.wire import sse
from harness.wire.frame import MAX_FRAME, MAX_LINE, Frame, WireError
from harness.wire.sse import SseDecoder
from tests.wire.cuts import pieces, reads

GOLDEN = Path(__file__).parents[1] / "golden" / "wire" / "sse.yaml"
CASES = yaml.safe_load(GOLDEN.read_text(encoding="utf-8"))
BY_ID = {case["id"]: case for case in CASES}


def frame(data: str, event: str = "", id: str = "") -> Frame:
    return Frame(data.encode("latin-1"), event, id)


def feed_all(decoder: SseDecoder, parts: Iterable[bytes]) -> list[Frame]:
    return [found for part in parts for found in decoder.feed(part)]


def decode(parts: list[bytes]) -> tuple[list[Frame], SseDecoder]:
    decoder = SseDecoder()
    return feed_all(decoder, parts), decoder


@pytest.mark.parametrize("case", CASES, ids=[f"{case['id']} {case['case']}" for case in CASES])
def test_conformance_case_gives_the_same_frames_at_every_cut(case: dict[str, Any]) -> None:
    expected = [frame(*parts) for parts in case["frames"]]
    for parts in reads(case["bytes"].encode("latin-1")):
        frames, decoder = decode(parts)
        assert frames == expected
        assert decoder.comments == case.get("comments", 0)
        assert decoder.leftover == case.get("leftover", False)
        assert decoder.retry_ms == case.get("retry_ms")


@pytest.mark.parametrize("case", [c for c in CASES if "at" in c], ids=lambda case: case["id"])
def test_a_frame_is_there_at_once_not_with_the_next_byte(case: dict[str, Any]) -> None:
    decoder, data = SseDecoder(), case["bytes"].encode("latin-1")
    arrived = [at for at in range(1, len(data) + 1) for _ in decoder.feed(data[at - 1 : at])]
    assert arrived == case["at"]


def test_the_table_has_every_case_of_the_decoder() -> None:
    apart = {"W16", "W22", "W26"}  # every cut here; sizes below; the HTTP layer's own test
    numbers = {f"W{number:02}" for number in range(1, 27)} - apart
    assert numbers == {id[:3] for id in BY_ID if id.startswith("W")}


@given(
    order=st.lists(st.sampled_from(sorted(BY_ID)), max_size=12),
    places=st.lists(st.integers(0, 600), max_size=30),
)
def test_any_cuts_of_any_cases_in_a_row_give_the_frames_of_the_whole(
    order: list[str], places: list[int]
) -> None:
    data = b"".join(BY_ID[id]["bytes"].encode("latin-1") for id in order)
    whole, one = decode([data])
    cut, other = decode(pieces(data, places))
    assert cut == whole
    assert (other.comments, other.leftover, other.retry_ms) == (one.comments, one.leftover, one.retry_ms)


@given(
    data=st.lists(
        st.sampled_from([b"data", b"event", b"id", b"retry", b":", b" ", b"\n", b"\r", b"\n\n", b"\r\n"])
        | st.sampled_from([b"\xef\xbb\xbf", b"\xff", b"\0", b"A", b"9" * 50])
        | st.binary(max_size=8),
        max_size=40,
    ).map(b"".join),
    places=st.lists(st.integers(0, 400), max_size=20),
)
def test_garbage_raises_nothing_and_its_frames_do_not_depend_on_cuts(data: bytes, places: list[int]) -> None:
    whole, one = decode([data])
    assert decode(pieces(data, places))[0] == whole
    bytewise, other = decode([data[at : at + 1] for at in range(len(data))])
    assert bytewise == whole
    assert other.leftover == one.leftover


@given(
    data=st.text().filter(lambda text: "\r" not in text),
    event=st.text(alphabet="abc._"),
    id=st.text(alphabet="0123"),
)
def test_what_is_encoded_decodes_to_itself(data: str, event: str, id: str) -> None:
    assert decode([b"\xef\xbb\xbf" + sse.comment("hi") + sse.encode(data, event, id)])[0] == [
        Frame(data.encode(), event, id)
    ]


@pytest.mark.parametrize("size", [65_536, 1_000_000])
@pytest.mark.parametrize("step", [1400, 65_536, 1 << 22])
def test_long_lines_are_frames(size: int, step: int) -> None:
    data = b"data: " + b"x" * size + b"\n\n"
    frames, _ = decode([data[at : at + step] for at in range(0, len(data), step)])
    assert frames == [Frame(b"x" * size)]


@pytest.mark.parametrize("step", [1400, 65_536, 1 << 22])
@pytest.mark.parametrize("end", [b"", b"\n\n", b"\r\r"])
def test_a_line_over_the_bound_is_refused_for_good_and_keeps_what_came_before(step: int, end: bytes) -> None:
    data = b"data: A\n\ndata: " + b"x" * MAX_LINE + end
    decoder, frames, refusal = SseDecoder(), [], None
    for at in range(0, len(data), step):
        try:
            frames += decoder.feed(data[at : at + step])
        except WireError as error:
            refusal = error
            frames += error.completed
            break
    assert str(refusal) == "an SSE line is longer than 1048576 bytes"
    assert frames == [Frame(b"A")]
    with pytest.raises(WireError):
        decoder.feed(b"\n\ndata: B\n\n")


def test_an_event_over_the_bound_is_refused() -> None:
    line = b"data: " + b"x" * 1_000_000 + b"\n"
    decoder = SseDecoder()
    with pytest.raises(WireError, match=f"event is larger than {MAX_FRAME} bytes"):
        feed_all(decoder, [line] * 5)


def test_an_event_that_never_ends_holds_no_more_than_its_bound() -> None:
    decoder = SseDecoder()
    tracemalloc.start()
    with pytest.raises(WireError):
        feed_all(decoder, [(b"data: " + b"7" * 400 + b"\n") * 1_000] * 100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * MAX_FRAME
