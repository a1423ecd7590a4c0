"""Every framing variant, in every dialect that can have it: the same meaning, however it is cut."""

import zlib

import pytest

from harness import dialects
from harness.dialects.dialect import Reply
from harness.dialects.events import CONTENT, Completion, Kind, TokenEvent, Usage
from harness.wire.frame import WireError
from harness.wire.ndjson import NdjsonDecoder
from harness.wire.sse import SseDecoder
from mock_provider import framing, requests
from mock_provider.faults import s10
from mock_provider.script import Do

TEXTS = ["wörd ", "😀\u2028€ ", "a\\u2028b ", "x  y", " z", "six"]
DIALECTS = requests.names()


def written(dialect: str) -> list[tuple[Do, bytes]]:
    reply = Reply(id="c", model="m", created_s=1, include_usage=True)
    encoder = dialects.load(dialect).encoder(reply)
    frames = [(Do.START, encoder.start())]
    frames += [(Do.TEXT, encoder.text(text)) for text in TEXTS]
    frames += [(Do.FINISH, encoder.finish("stop", Usage(3, 6))), (Do.END, encoder.end())]
    return [(do, frame) for do, frame in frames if frame]


def pieces(dialect: str, kind: str) -> list[bytes]:
    reframe = framing.REFRAMES[kind]()
    told = [piece for do, frame in written(dialect) for piece in reframe(frame, do, 0)]
    return [*told, *reframe.end()]


def meaning(dialect: str, reads: list[bytes]) -> tuple[list[TokenEvent], Completion]:
    """Content and ending of a body that came in `reads`."""
    wire = NdjsonDecoder() if dialects.load(dialect).wire == "ndjson" else SseDecoder()
    decoder = dialects.load(dialect).decoder()
    said = [event for read in reads for frame in wire.feed(read) for event in decoder.feed(frame)]
    kept = (*CONTENT, Kind.USAGE, Kind.FINISH, Kind.CORRUPT, Kind.ERROR)
    return [event for event in said if event.kind in kept], decoder.completion


SAME = [kind for kind in framing.REFRAMES if kind[:3] != "W15" and kind not in ("W22-over", "W26-gzip")]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("kind", SAME)
def test_a_variant_means_the_same_in_every_dialect_that_can_play_it(kind: str, dialect: str) -> None:
    if not s10.can_play(kind, dialects.load(dialect)):
        assert dialects.load(dialect).wire == "ndjson"
        return
    plain = meaning(dialect, [frame for _, frame in written(dialect)])
    cut = pieces(dialect, kind)
    assert [event.text for event in plain[0] if event.kind is Kind.TEXT] == TEXTS
    assert meaning(dialect, cut) == plain
    assert meaning(dialect, [b"".join(cut)]) == plain
    if kind != "W22":  # 65,536 bytes a line, one at a time, prove nothing more
        joined = b"".join(cut)[:40_000]
        assert meaning(dialect, [joined[at : at + 1] for at in range(len(joined))]) == meaning(
            dialect, [joined]
        )


def test_gzip_gives_each_frame_with_its_own_flush() -> None:
    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    got = [inflate.decompress(piece) for piece in pieces("openai", "W26-gzip")]
    assert got == [*(frame for _, frame in written("openai")), b""]
    assert inflate.eof


@pytest.mark.parametrize(("kind", "missing"), [("W15", 1), ("W15-bare", 2)])
def test_an_open_end_lacks_its_last_blank_line_and_nothing_else(kind: str, missing: int) -> None:
    whole = b"".join(frame for _, frame in written("openai"))
    assert b"".join(pieces("openai", kind)) == whole[:-missing]
    assert b"".join(pieces("openai", kind)[:3]) == b"".join(frame for _, frame in written("openai")[:3])
    sse = SseDecoder()
    sse.feed(whole[:-missing])
    assert sse.leftover


def test_a_line_over_the_bound_is_refused() -> None:
    with pytest.raises(WireError, match="longer than"):
        meaning("openai", pieces("openai", "W22-over"))


@pytest.mark.parametrize(("kind", "size"), [("W22", 65_536), ("W22-million", 1_000_000)])
def test_a_long_line_is_as_long_as_it_says(kind: str, size: int) -> None:
    assert len(pieces("openai", kind)[0].partition(b"\n")[0]) == size


def test_separators_stand_raw_and_an_escaped_backslash_is_left_alone() -> None:
    raw = b"".join(pieces("openai", "W19"))
    assert "😀\u2028€".encode() in raw
    assert rb"a\\u2028b" in raw
    assert "\u2028\u2029\u0085".encode() in raw
