"""Every framing variant over real sockets: the bytes as the table of cases has them, and what they mean.

The expected bytes are put together here from the payloads of an ordinary answer, not by the mock's writers.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from harness.answer import answer
from harness.dialects import load
from harness.dialects.events import Completion, Kind
from harness.wire.frame import MAX_LINE, WireError
from harness.wire.http1 import ResponseReader
from harness.wire.sse import SseDecoder
from mock_provider.faults import s10
from tests.mock_provider.running import Mock, chat, mock, parse, read_all, request_bytes

pytestmark = pytest.mark.slow

TOKENS = 24
CONFIG = f"models: {{m: {{ttft_ms: 5, itl_ms: 1, output_tokens: {TOKENS}}}}}"
GROUP = 4


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with mock(tmp_path_factory.mktemp("mock"), CONFIG, "--seed", "7") as server:
        yield server
        assert server.stop() == 0
        assert server.rest[1] == ""


@dataclass
class Seen:
    """One response: its raw bytes, its chunks as (extension, data), what follows the last chunk."""

    raw: bytes
    headers: dict[str, str]
    chunks: list[tuple[bytes, bytes]]
    trailer: bytes

    @property
    def content(self) -> bytes:
        return b"".join(data for _, data in self.chunks)


def seen(server: Mock, kind: str, **changes: Any) -> Seen:
    """The answer to a prompt without a mark: each such request is a first one, so its bytes are the same."""
    asked = chat(None, model="m", stream_options={"include_usage": True}, **changes)
    path = f"/f/s10:{kind}/v1/chat/completions"
    with server.connect() as sock:
        sock.sendall(request_bytes(path, asked, connection="close"))
        raw = read_all(sock)
    got = parse(raw)
    assert got.status == 200
    chunks: list[tuple[bytes, bytes]] = []
    rest = got.body
    while True:
        line, _, rest = rest.partition(b"\r\n")
        size, semicolon, extension = line.partition(b";")
        if not (length := int(size, 16)):
            return Seen(raw, got.headers, chunks, rest)
        chunks.append((semicolon + extension, rest[:length]))
        assert rest[length : length + 2] == b"\r\n"
        rest = rest[length + 2 :]


@pytest.fixture(scope="module")
def payloads(shared: Mock) -> list[bytes]:
    """The data of each event of the answer in its usual framing."""
    content = seen(shared, "W01").content
    found = content.removesuffix(b"\n\n").split(b"\n\n")
    assert b"".join(event + b"\n\n" for event in found) == content
    assert {event[:6] for event in found} == {b"data: "}
    return [event[6:] for event in found]


def joined(event: Callable[[int, bytes], bytes]) -> Callable[[list[bytes]], bytes]:
    return lambda told: b"".join(event(number, payload) for number, payload in enumerate(told))


def named(n: int, payload: bytes) -> bytes:
    forms = (b"event: message\ndata: %b\n\n", b"data: %b\n\n", b"data: %b\nevent: message\n\n")
    return forms[n % 3] % payload


def padded(n: int, payload: bytes, size: int, every: bool) -> bytes:
    line = b"data: " + payload
    if payload[:1] == b"{" and (every or n == 0):
        line = b"data: {" + b" " * (size - len(line)) + payload[1:]
    return line + b"\n\n"


def separated(n: int, payload: bytes) -> bytes:
    raw = payload.replace(b"\\u2028", b"\xe2\x80\xa8")
    return b"data: " + raw.replace(b"{", b'{"separators":"\xe2\x80\xa8\xe2\x80\xa9\xc2\x85",', 1) + b"\n\n"


PLAIN = joined(lambda n, data: b"data: %b\n\n" % data)
CONTENTS: dict[str, Callable[[list[bytes]], bytes]] = {
    "W01": PLAIN,
    "W02": joined(lambda n, data: b"data: %b\r\n\r\n" % data),
    "W03": joined(lambda n, data: b"data: %b\r\r" % data),
    "W04": joined(lambda n, data: (b"data: %b\r\n\n" if n % 2 else b"data: %b\n\r\n") % data),
    "W05": joined(lambda n, data: b"data:%b\n\n" % data),
    "W06": joined(lambda n, data: (b"data:  %b\n\n" if data[:1] == b"{" else b"data: %b\n\n") % data),
    "W07": joined(lambda n, data: b": ping\n\n:\n\n: x\ndata: %b\n\n" % data),
    "W08": joined(named),
    "W09": joined(lambda n, d: (b"" if n % 2 else b"id: %d\n" % n) + b"data: %b\n\n: ping\n\n" % d),
    "W10": joined(lambda n, data: b"retry: 1500\n\nevent: x\n\nid: 7\n\ndata: %b\n\n" % data),
    "W11": joined(lambda n, data: b"foo: 1\nbar\ndata: %b\n\n" % data),
    "W12": joined(lambda n, data: b"data:\n\ndata: %b\n\n" % data),
    "W13": joined(lambda n, d: b"data: %b\n\n" % (d.replace(b"{", b"{\ndata: ", 1) if d[:1] == b"{" else d)),
    "W14": lambda told: b"\xef\xbb\xbf" + PLAIN(told),
    "W14-cut": lambda told: b"\xef\xbb\xbf" + PLAIN(told),
    "W15": lambda told: PLAIN(told)[:-1],
    "W15-bare": lambda told: PLAIN(told)[:-2],
    "W15-last": lambda told: PLAIN(told[:-1])[:-1],
    "W16": PLAIN,
    "W17": PLAIN,
    "W17-late": PLAIN,
    "W18": joined(lambda n, data: b"data: %b\r\n\r\n" % data),
    "W18-late": joined(lambda n, data: b"data: %b\r\n\r\n" % data),
    "W19": joined(lambda n, data: separated(n, data) if data[:1] == b"{" else b"data: %b\n\n" % data),
    "W20": PLAIN,
    "W21": PLAIN,
    "W22": joined(lambda n, data: padded(n, data, 65_536, True)),
    "W22-million": joined(lambda n, data: padded(n, data, 1_000_000, False)),
    "W22-over": joined(lambda n, data: padded(n, data, MAX_LINE + 1, False)),
    "W23": lambda told: b"",
    "W23-done": lambda told: b"data: [DONE]\n\n",
    "W24": lambda told: PLAIN([*told, told[1]]),
    "W24-twice": lambda told: PLAIN([*told, b"[DONE]"]),
    "W26-many": PLAIN,
    "W26-byte": PLAIN,
    "W26-extension": PLAIN,
    "W26-trailer": PLAIN,
}
OTHERS = {"W25", "W26-gzip"}  # below: a ghost in the middle, and bytes that are not the content's


def test_no_kind_is_left_out() -> None:
    assert set(CONTENTS) | OTHERS == set(s10.FAULT.kinds)


@pytest.mark.parametrize("kind", CONTENTS)
def test_the_content_is_what_the_table_says(shared: Mock, payloads: list[bytes], kind: str) -> None:
    assert seen(shared, kind).content == CONTENTS[kind](payloads)


@dataclass
class Meaning:
    text: str
    completion: Completion
    kinds: list[Kind]
    leftover: bool
    after_done: int
    complete: bool


def meaning(raw: bytes, cut: int) -> Meaning:
    """What our own client makes of a response that comes `cut` bytes a read."""
    http, sse, decoder = ResponseReader(), SseDecoder(), load("openai").decoder()
    said = []
    for at in range(0, len(raw), cut):
        for piece in http.feed(raw[at : at + cut]):
            said += [event for frame in sse.feed(piece) for event in decoder.feed(frame)]
    text = "".join(event.text for event in said if event.kind is Kind.TEXT)
    kinds = [event.kind for event in said]
    return Meaning(text, decoder.completion, kinds, sse.leftover, decoder.after_done, http.message_complete)


ODD = {"W15", "W15-bare", "W15-last", "W22-over", "W23", "W23-done", "W24", "W24-twice", "W25"}


@pytest.mark.parametrize("kind", sorted(set(s10.FAULT.kinds) - ODD))
def test_our_own_client_reads_the_same_answer(shared: Mock, kind: str) -> None:
    plain = meaning(seen(shared, "W01").raw, 65_536)
    assert plain.completion is Completion.FULL
    assert plain.text.count("[") == TOKENS
    raw = seen(shared, kind).raw
    for cut in (65_536, 4096) if kind == "W22" else (65_536, 7, 1):
        got = meaning(raw, cut)
        assert (got.text, got.completion, got.complete) == (plain.text, Completion.FULL, True)
        assert (got.kinds.count(Kind.USAGE), got.leftover, got.after_done) == (1, False, 0)
        assert Kind.CORRUPT not in got.kinds


def test_the_same_answer_is_the_canonical_one(shared: Mock) -> None:
    asked = chat(42, model="m+fault=s10:W13")
    with shared.connect() as sock:
        sock.sendall(request_bytes("/v1/chat/completions", asked, connection="close"))
        got = meaning(read_all(sock), 65_536)
    assert got.text == "".join(answer(7, 42, TOKENS))
    row = shared.row(42)
    assert (row.fault, row.ended_by, row.emitted_tokens) == ("s10:W13", "provider", TOKENS)


@pytest.mark.parametrize("kind", ["W15", "W15-bare", "W15-last"])
def test_an_event_without_its_blank_line_is_left_over_and_not_dispatched(shared: Mock, kind: str) -> None:
    got = meaning(seen(shared, kind).raw, 5)
    assert (got.leftover, got.complete) == (True, True)
    assert got.completion is Completion.FINISHED  # a finish reason, and no last word
    assert Kind.END not in got.kinds


def test_a_line_over_the_bound_is_refused_by_name(shared: Mock) -> None:
    with pytest.raises(WireError, match=f"longer than {MAX_LINE}"):
        meaning(seen(shared, "W22-over").raw, 65_536)


@pytest.mark.parametrize(("kind", "kinds"), [("W23", []), ("W23-done", [Kind.END])])
def test_nothing_or_only_the_last_word_is_no_answer(shared: Mock, kind: str, kinds: list[Kind]) -> None:
    got = meaning(seen(shared, kind).raw, 5)
    assert (got.kinds, got.completion, got.complete) == (kinds, Completion.OPEN, True)


@pytest.mark.parametrize(("kind", "corrupt"), [("W24", 1), ("W24-twice", 0)])
def test_what_comes_after_the_end_is_counted_and_never_text(shared: Mock, kind: str, corrupt: int) -> None:
    plain, got = meaning(seen(shared, "W01").raw, 65_536), meaning(seen(shared, kind).raw, 5)
    assert (got.text, got.after_done) == (plain.text, 1)
    assert got.kinds.count(Kind.CORRUPT) == corrupt


def test_bad_utf_8_harms_its_own_event_alone(shared: Mock, payloads: list[bytes]) -> None:
    response = seen(shared, "W25")
    ghost = payloads[1].replace(re.findall(rb'"content":"(.*?)"', payloads[1])[0], b"gh\xffst")
    assert response.content == PLAIN([*payloads[:2], ghost, *payloads[2:]])
    plain, got = meaning(seen(shared, "W01").raw, 65_536), meaning(response.raw, 5)
    assert got.kinds.count(Kind.CORRUPT) == 1
    assert (got.text, got.completion) == (plain.text, Completion.FULL)


def test_gzip_is_flushed_after_each_event(shared: Mock, payloads: list[bytes]) -> None:
    response = seen(shared, "W26-gzip")
    assert response.headers["content-encoding"] == "gzip"
    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    told = [inflate.decompress(data) for _, data in response.chunks]
    assert inflate.eof
    assert b"".join(told) == PLAIN(payloads)
    assert told[-1] == b""  # the end of the coding, after the last word
    assert all(piece.endswith(b"\n\n") for piece in told[:-1])
    assert len(told) - 1 >= TOKENS


def test_chunks_are_cut_as_the_table_says(shared: Mock, payloads: list[bytes]) -> None:
    def chunks(kind: str) -> list[bytes]:
        return [data for _, data in seen(shared, kind).chunks]

    assert {len(data) for data in chunks("W16")} == {len(data) for data in chunks("W26-byte")} == {1}
    assert chunks("W01") == [b"data: %b\n\n" % payload for payload in payloads]
    assert len(chunks("W21")) == 1
    assert max(data.count(b"data: ") for data in chunks("W26-many")) >= GROUP
    assert 1 < len(chunks("W26-many")) < TOKENS / 2
    assert chunks("W14-cut")[:3] == [b"\xef", b"\xbb", b"\xbf"]
    cut = chunks("W17")
    assert b"\xf0" in {data[-1:] for data in cut}  # the first of a character's four bytes ends a chunk
    assert all(sum(byte > 127 for byte in data) <= 1 for data in cut)
    assert [data[-1:] for data in chunks("W18")[:3]] == [b"\r", b"\r", b"\n"]
    assert chunks("W18")[1:3] == [b"\n\r", b"\n"]
    assert {data[-2:] for data in chunks("W18-late")[1:5]} == {b"\n\r"}  # the role is whole, then each is cut
    late = chunks("W17-late")
    assert b"\xf0" in {data[-1:] for data in late}
    assert any(data[:1] >= b"\x80" for data in late)  # and the next begins with the rest of it
    assert all(data.count(b" ") <= 1 and b" " not in data[:-1] for data in chunks("W20"))


def test_extensions_and_trailers_are_in_the_chunked_coding(shared: Mock) -> None:
    extended, trailed = seen(shared, "W26-extension"), seen(shared, "W26-trailer")
    assert {extension for extension, _ in extended.chunks} == {b";mock=1"}
    assert (trailed.headers["trailer"], trailed.trailer) == ("x-mock-end", b"x-mock-end: 1\r\n\r\n")
    assert {extension for extension, _ in trailed.chunks} == {b""}


def test_a_framing_that_a_dialect_cannot_have_is_refused(shared: Mock) -> None:
    asked = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    with shared.connect() as sock:
        sock.sendall(request_bytes("/f/s10:W03/api/chat", asked, connection="close"))
        got = parse(read_all(sock))
    assert (got.status, "s10:W03 cannot be played" in got.error) == (400, True)
