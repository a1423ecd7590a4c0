import zlib

import brotli
import pytest

from gateway.coding import Coding, choose

EVENTS = [b'id: 1\ndata: {"content":"w\xc3\xb6rd"}\n\n', b": heartbeat\n\n", b'data: {"done":true}\n\n']
DECODERS = {
    "gzip": lambda: zlib.decompressobj(31).decompress,
    "deflate": lambda: zlib.decompressobj(15).decompress,
    "br": lambda: brotli.Decompressor().process,
}


@pytest.mark.parametrize("name", DECODERS)
def test_every_event_comes_out_whole_and_at_once(name):
    coding, decode = Coding(name, enabled=True), DECODERS[name]()
    assert coding.name == name
    for event in EVENTS:
        assert decode(coding.feed(event)) == event
    assert decode(coding.end()) == b""


def test_what_is_coded_is_a_whole_file_of_its_format():
    coding = Coding("gzip", enabled=True)
    reader = zlib.decompressobj(31)
    data = b"".join(map(coding.feed, EVENTS)) + coding.end()
    assert reader.decompress(data) == b"".join(EVENTS)
    assert reader.eof


@pytest.mark.parametrize(("accept", "enabled"), [("gzip", False), ("identity", True), ("", True)])
def test_who_does_not_ask_gets_the_bytes_as_they_are(accept, enabled):
    coding = Coding(accept, enabled)
    assert coding.name == ""
    assert [coding.feed(EVENTS[0]), coding.end()] == [EVENTS[0], b""]


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("gzip, deflate", "gzip"),
        ("deflate", "deflate"),
        ("gzip;q=0.5, deflate;q=0.8", "deflate"),
        ("GZIP ; q=1", "gzip"),
        ("gzip;q=0", ""),
        ("gzip;q=0.5, identity", ""),
        ("gzip;q=much", ""),
        ("zstd", ""),
        ("*;q=0.1, br;q=0, gzip;q=0", "deflate"),
        ("br, gzip", "br"),
    ],
)
def test_the_users_wishes_decide(accept, name):
    assert choose(accept) == name
