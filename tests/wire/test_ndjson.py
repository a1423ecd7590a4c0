"""NDJSON: a line is a frame, for any cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire import frame_decoder, ndjson
from harness.wire.frame import MAX_LINE, Frame, WireError
from harness.wire.ndjson import NdjsonDecoder
from tests.wire.cuts import pieces, reads

CASES = [
    (b"", [], False),
    (b'{"a":1}\n{"b":2}\n', [b'{"a":1}', b'{"b":2}'], False),
    (b'{"a":1}\r\n\r\n\n  \n{"b":2}\n', [b'{"a":1}', b'{"b":2}'], False),
    (b'{"a":1}\n{"b":', [b'{"a":1}'], True),
    (b'{"a":1}\n  ', [b'{"a":1}'], False),
    ('{"a":"\u2028\u0085ö😀\\n"}\n'.encode(), ['{"a":"\u2028\u0085ö😀\\n"}'.encode()], False),
    (b'{"a":"\xff"}\n{}\n', [b'{"a":"\xff"}', b"{}"], False),
    (b'{"a":"x\ry"}\n', [b'{"a":"x\ry"}'], False),
]


def decode(parts: list[bytes]) -> tuple[list[bytes], bool]:
    decoder = NdjsonDecoder()
    return [frame.data for part in parts for frame in decoder.feed(part)], decoder.leftover


@pytest.mark.parametrize(("data", "lines", "leftover"), CASES)
def test_lines_are_the_same_at_every_cut(data: bytes, lines: list[bytes], leftover: bool) -> None:
    for parts in reads(data):
        assert decode(parts) == (lines, leftover)


@given(data=st.binary() | st.text(alphabet="\n\r {}").map(str.encode), places=st.lists(st.integers(0, 100)))
def test_garbage_raises_nothing_and_its_lines_do_not_depend_on_cuts(data: bytes, places: list[int]) -> None:
    assert decode(pieces(data, places)) == decode([data])


def test_what_is_encoded_decodes_to_itself() -> None:
    assert frame_decoder("ndjson").feed(ndjson.encode(b"{}") + ndjson.encode(b"[]")) == [
        Frame(b"{}"),
        Frame(b"[]"),
    ]


@pytest.mark.parametrize("end", [b"", b"\n{}\n"])
@pytest.mark.parametrize("step", [4096, 1 << 22])
def test_a_line_over_the_bound_is_refused_with_what_came_before(step: int, end: bytes) -> None:
    data = b"{}\n" + b"x" * (MAX_LINE + 1) + end
    decoder, frames, refusal = NdjsonDecoder(), [], None
    for at in range(0, len(data), step):
        try:
            frames += decoder.feed(data[at : at + step])
        except WireError as error:
            refusal, frames = error, [*frames, *error.completed]
            break
    assert str(refusal) == "an NDJSON line is longer than 1048576 bytes"
    assert frames == [Frame(b"{}")]


def test_an_unknown_framing_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        frame_decoder("xml")
