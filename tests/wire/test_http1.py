"""HTTP/1 responses: the same body for any cut, no end that HTTP has not stated, bounded heads and framing."""

import gc
import gzip
import weakref
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.frame import WireError
from harness.wire.http1 import MAX_FRAMING, MAX_HEAD, MAX_INFLATED, ResponseReader
from tests.wire.cuts import pieces, reads

GOLDEN = Path(__file__).parents[1] / "golden" / "wire" / "http1.yaml"
CASES = yaml.safe_load(GOLDEN.read_text(encoding="utf-8"))
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def read(parts: list[bytes], reader: ResponseReader | None = None) -> tuple[ResponseReader, bytes, str]:
    """(reader, body, error) after all `parts` or the first refusal."""
    reader, body = reader or ResponseReader(), b""
    for part in parts:
        try:
            body += b"".join(reader.feed(part))
        except WireError as error:
            return reader, body + b"".join(error.completed), str(error)
    return reader, body, ""


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_golden_response_reads_the_same_at_every_cut(case: dict[str, Any]) -> None:
    for parts in reads(case["bytes"].encode("latin-1")):
        reader, body, error = read(parts)
        assert (reader.status, body) == (case["status"], case["body"].encode("latin-1"))
        assert reader.head_complete is case.get("head", True)
        assert reader.close_delimited is case.get("close_delimited", False)
        assert reader.headers == case.get("headers", reader.headers)
        assert case.get("error", "") in error
        assert bool(error) is ("error" in case)
        if not error:
            assert reader.surplus is case.get("surplus", False)
            assert reader.keep_alive is case["keep_alive"]
            assert reader.message_complete is (case["complete"] and not reader.close_delimited)
            assert reader.eof() is case["complete"]


def test_one_connection_carries_one_response_after_another() -> None:
    reader = ResponseReader()
    for number in range(3):
        _, body, _ = read(
            [b"HTTP/1.1 20%d OK\r\nContent-Length: 1\r\nX-%d: a\r\n\r\nx" % (number, number)], reader
        )
        assert (body, reader.status, reader.message_complete) == (b"x", 200 + number, True)
        assert reader.headers == {"content-length": "1", f"x-{number}": "a"}
        reader.reset()
        assert (reader.status, reader.headers, reader.message_complete) == (0, {}, False)


@given(
    body=st.binary(max_size=300), chunks=st.lists(st.integers(0, 300)), places=st.lists(st.integers(0, 900))
)
def test_any_chunking_and_any_cut_give_the_body(body: bytes, chunks: list[int], places: list[int]) -> None:
    parts = [part for part in pieces(body, chunks) if part]
    sent = CHUNKED + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    reader, found, error = read(pieces(sent, places))
    assert (found, error, reader.eof()) == (body, "", True)


@given(
    data=st.lists(
        st.sampled_from(
            [b"HTTP/1.1 200 OK\r\n", b"\r\n", b"Content-Length: 3\r\n", b"0\r\n\r\n", b"3\r\nabc\r\n"]
        )
        | st.sampled_from(
            [b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n", b"HTTP/1.1 100 C"]
        )
        | st.binary(max_size=6)
    ).map(b"".join),
    places=st.lists(st.integers(0, 300)),
)
def test_garbage_raises_nothing_but_wire_errors_and_cuts_do_not_matter(
    data: bytes, places: list[int]
) -> None:
    one, body, error = read([data])
    other, cut_body, cut_error = read(pieces(data, places))
    assert (cut_body, bool(cut_error)) == (body, bool(error))
    assert (other.status, other.message_complete) == (one.status, one.message_complete)


@pytest.mark.parametrize("step", [1000, 1 << 20])
@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * MAX_HEAD + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * (MAX_HEAD // 5),
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * (MAX_HEAD // 5) + b"\r\n",
        b"HTTP/1.1 200 " + b"x" * (MAX_HEAD + 100),
        b"HTTP/1.1 100 Continue\r\n\r\n" * (MAX_HEAD // 20),
    ],
    ids=["long field", "many fields", "many fields, ended", "long reason", "many interim responses"],
)
def test_a_head_over_the_bound_is_refused(head: bytes, step: int) -> None:
    _, _, error = read([head[at : at + step] for at in range(0, len(head), step)])
    assert error.endswith("the response head is larger than 65536 bytes")


@pytest.mark.parametrize("step", [1, 1000, 1 << 20])
@pytest.mark.parametrize(
    "framing",
    [b"2;" + b"x" * 2 * MAX_FRAMING, b"0" * 2 * MAX_FRAMING, b"0\r\n" + b"X: y\r\n" * MAX_FRAMING],
    ids=["extension", "zeros before a size", "trailers"],
)
def test_endless_framing_is_refused_and_the_body_before_it_kept(framing: bytes, step: int) -> None:
    data = b"2\r\nhi\r\n" + framing
    _, body, error = read([CHUNKED, *(data[at : at + step] for at in range(0, len(data), step))])
    assert error == "more than 4096 bytes in a row are chunk framing"
    assert body == b"hi"


def test_many_tiny_chunks_in_one_read_are_no_endless_framing() -> None:
    reader = ResponseReader()
    reader.feed(CHUNKED)
    assert b"".join(reader.feed(b"1\r\nx\r\n" * 10_000)) == b"x" * 10_000


def compressed(encoding: str, parts: list[bytes]) -> list[bytes]:
    """`parts`, each finished by a sync flush, then the end."""
    if encoding == "br":
        squeezer = brotli.Compressor()
        return [*(squeezer.process(part) + squeezer.flush() for part in parts), squeezer.finish()]
    wbits = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS, "raw": -zlib.MAX_WBITS}[encoding]
    packer = zlib.compressobj(wbits=wbits)
    flushed = [packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH) for part in parts]
    return [*flushed, packer.flush()]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("gzip", "gzip"), ("gzip", "X-GZip"), ("deflate", "deflate"), ("raw", "deflate"), ("br", "BR")],
)
def test_each_flushed_event_is_there_at_once(encoding: str, name: str) -> None:
    events = ["data: wörd😀\n\n".encode(), b"data: B\n\n", b": ping\n\n"]
    reader = ResponseReader()
    reader.feed(CHUNKED[:-2] + b"Content-Encoding: %b\r\n\r\n" % name.encode())
    *parts, end = compressed(encoding, events)
    arrived = [b"".join(reader.feed(b"%x\r\n%b\r\n" % (len(part), part))) for part in parts]
    assert arrived == events
    assert reader.feed(b"%x\r\n%b\r\n0\r\n\r\n" % (len(end), end)) == []
    assert reader.eof()
    assert reader.content_encoding == name.lower()


@given(places=st.lists(st.integers(0, 400)))
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw", "br"])
def test_a_compressed_body_does_not_depend_on_cuts(encoding: str, places: list[int]) -> None:
    body = b"".join(compressed(encoding, [b"data: %d\n\n" % number for number in range(9)]))
    name = {"raw": "deflate"}.get(encoding, encoding)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (
        name.encode(),
        len(body),
    )
    _, found, error = read(pieces(head + body, places))
    assert (found, error) == (b"".join(b"data: %d\n\n" % number for number in range(9)), "")


@pytest.mark.parametrize(("name", "squeeze"), [(b"gzip", gzip.compress), (b"br", brotli.compress)])
def test_what_inflates_without_measure_is_refused(name: bytes, squeeze: Callable[[bytes], bytes]) -> None:
    bomb = squeeze(bytes(2 * MAX_INFLATED))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (name, len(bomb))
    assert read([head + bomb])[2] == "one read decompresses to more than 16777216 bytes"


def test_brotli_that_is_none_is_refused() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 9\r\n\r\n"
    assert read([head + b"data: A\n\n"])[2].startswith("the compressed body is broken")


def test_a_reader_dies_with_its_last_reference_without_a_collection() -> None:
    gc.disable()
    try:
        reader = ResponseReader()
        reader.feed(CHUNKED + b"2\r\nhi\r\n")
        trace = weakref.ref(reader)
        del reader
        assert trace() is None
    finally:
        gc.enable()


def test_what_was_compressed_before_an_offence_is_kept_as_plain_text() -> None:
    part = compressed("gzip", [b"data: A\n\n"])[0]
    reader = ResponseReader()
    reader.feed(CHUNKED[:-2] + b"Content-Encoding: gzip\r\n\r\n")
    assert read([b"%x\r\n%b\r\nzz\r\n" % (len(part), part)], reader)[1] == b"data: A\n\n"
