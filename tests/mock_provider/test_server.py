"""The mock over real sockets: its bytes, its deaths, what it notices, what it writes down."""

import json
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from harness import clock
from harness.answer import answer
from harness.dialects import load
from harness.dialects.events import Completion, Kind
from harness.wire.sse import SseDecoder
from mock_provider.server import MAX_BODY
from tests.mock_provider.running import (
    Mock,
    chat,
    dechunk,
    exchange,
    get,
    mock,
    parse,
    post,
    read_all,
    request_bytes,
)

pytestmark = pytest.mark.slow

CONFIG = """
models:
  fast: {ttft_ms: 5, itl_ms: 1, output_tokens: 20}
  slow: {ttft_ms: 50, itl_ms: 100, output_tokens: 200}
  sleepy: {ttft_ms: 60000, itl_ms: 1, output_tokens: 5}
  chunky: {ttft_ms: 5, itl_ms: 1, output_tokens: 20, tokens_per_chunk: 4}
  cut: {ttft_ms: 5, itl_ms: 1, output_tokens: 20, faults: [{id: s1, at_token: 7}]}
  fin: {ttft_ms: 5, itl_ms: 1, output_tokens: 20, faults: [{id: s2, at_token: 7}]}
  rst: {ttft_ms: 5, itl_ms: 1, output_tokens: 20, faults: [{id: s3, at_token: 7}]}
  stall: {ttft_ms: 5, itl_ms: 1, output_tokens: 20, faults: [{id: s6, at_token: 7, seconds: 0.3}]}
  down: {faults: [{id: h1, status: 503}]}
  limited: {ttft_ms: 5, itl_ms: 1, output_tokens: 5, quota: {rpm: 2}}
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with mock(tmp_path_factory.mktemp("mock"), CONFIG, "--seed", "7") as server:
        yield server
        assert server.stop() == 0
        assert server.rest[1] == ""  # nothing on stderr in all of these tests


def decoded(content: bytes) -> tuple[str, Completion, list[Kind]]:
    decoder = load("openai").decoder()
    events = [event for frame in SseDecoder().feed(content) for event in decoder.feed(frame)]
    text = "".join(event.text for event in events if event.kind is Kind.TEXT)
    return text, decoder.completion, [event.kind for event in events]


def test_a_stream_is_the_canonical_answer_in_chunks_with_usage_and_done(shared: Mock) -> None:
    got = post(shared, chat(1, stream_options={"include_usage": True}))
    content, ended = dechunk(got.body)
    text, completion, kinds = decoded(content)
    assert (got.status, ended, completion) == (200, True, Completion.FULL)
    assert text == "".join(answer(7, 1, 20))
    assert kinds[0] is Kind.OTHER
    assert kinds[-3:] == [Kind.FINISH, Kind.USAGE, Kind.END]
    assert got.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert "content-encoding" not in got.headers
    row = shared.row(1)
    emitted = np.frombuffer(row.emit_us, "<i4")
    assert (row.emitted_tokens, row.planned_tokens, row.ended_by) == (20, 20, "provider")
    assert (len(emitted), list(np.frombuffer(row.emit_tokens, "<i4"))) == (20, [1] * 20)
    assert list(emitted) == sorted(emitted)
    assert np.frombuffer(row.late_us, "<i4").min() >= 0  # never early
    assert row.received_ns < row.headers_ns < row.first_token_ns < row.last_token_ns < row.terminal_ns
    assert row.first_token_ns - row.received_ns >= 5 * clock.MS


def test_tokens_per_chunk_are_in_the_bytes_and_in_the_ledger(shared: Mock) -> None:
    content, _ = dechunk(post(shared, chat(2, model="chunky")).body)
    assert decoded(content)[0] == "".join(answer(7, 2, 20))
    assert list(np.frombuffer(shared.row(2).emit_tokens, "<i4")) == [1, 4, 4, 4, 4, 3]


def test_what_was_thought_is_told_in_the_usage_also_where_it_is_not_shown(shared: Mock) -> None:
    asked = chat(43, model="fast+think=2+out=3", stream_options={"include_usage": True})
    content, _ = dechunk(post(shared, asked).body)
    counted = json.loads(content.split(b"\n\n")[-3].removeprefix(b"data: "))["usage"]
    assert counted["completion_tokens"] == 5
    assert counted["completion_tokens_details"]["reasoning_tokens"] == 2
    row = shared.row(43)
    emitted_us = np.frombuffer(row.emit_us, "<i4")
    assert (row.emitted_tokens, row.other_tokens, len(emitted_us)) == (5, 2, 5)
    # What nobody can see is not the first token that was written.
    assert [(at - row.received_ns) // 1000 for at in (row.first_token_ns, row.last_token_ns)] == [
        emitted_us[2], emitted_us[4],
    ]  # fmt: skip


def test_an_unstreamed_answer_is_one_json_body(shared: Mock) -> None:
    got = post(shared, chat(3, stream=False, max_tokens=4))
    body = json.loads(got.body)
    assert body["choices"][0]["message"]["content"] == "".join(answer(7, 3, 4))
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] == 4
    row = shared.row(3)
    assert (row.emitted_tokens, row.streaming, row.finish_reason) == (4, False, "length")


def test_the_connection_is_kept_for_the_next_request(shared: Mock) -> None:
    with shared.connect() as sock:
        for stream in (4, 5):
            sock.sendall(request_bytes("/v1/chat/completions", chat(stream, stream=False)))
            received = b""
            while f"[{stream:06d}:0019]".encode() not in received:
                received += sock.recv(65536)
            assert parse(received).status == 200


def test_http_1_0_gets_no_chunks_and_a_close(shared: Mock) -> None:
    raw = request_bytes("/v1/chat/completions", chat(6)).replace(b"HTTP/1.1", b"HTTP/1.0")
    with shared.connect() as sock:
        sock.sendall(raw)
        got = parse(read_all(sock))
    assert "transfer-encoding" not in got.headers
    assert decoded(got.body)[0] == "".join(answer(7, 6, 20))


def test_a_clean_truncation_ends_http_and_says_nothing(shared: Mock) -> None:
    content, ended = dechunk(post(shared, chat(10, model="cut")).body)
    text, completion, _ = decoded(content)
    assert (ended, completion, text) == (True, Completion.OPEN, "".join(answer(7, 10, 7)))
    row = shared.row(10)
    assert (row.fault, row.ended_by, row.emitted_tokens, row.terminal_ns) == ("s1@7", "fault", 7, None)


def test_a_fin_leaves_the_chunked_body_open(shared: Mock) -> None:
    content, ended = dechunk(post(shared, chat(11, model="fin")).body)
    assert (ended, decoded(content)[0]) == (False, "".join(answer(7, 11, 7)))
    assert (shared.row(11).fault, shared.row(11).ended_by) == ("s2@7", "fault")


def test_a_reset_comes_after_all_that_was_written(shared: Mock) -> None:
    with shared.connect() as sock:
        sock.sendall(request_bytes("/v1/chat/completions", chat(12, model="rst")))
        received, was_reset = read_until_reset(sock)
    assert was_reset
    content, ended = dechunk(parse(received).body)
    assert (ended, decoded(content)[0]) == (False, "".join(answer(7, 12, 7)))
    assert (shared.row(12).fault, shared.row(12).ended_by) == ("s3@7", "fault")


def test_a_stall_is_a_gap_in_an_answer_that_completes(shared: Mock) -> None:
    content, ended = dechunk(post(shared, chat(13, model="stall")).body)
    assert (ended, decoded(content)[0]) == (True, "".join(answer(7, 13, 20)))
    row = shared.row(13)
    # When they were due: on a busy machine a late token makes the gap after it shorter.
    gaps = np.diff(np.frombuffer(row.emit_us, "<i4") - np.frombuffer(row.late_us, "<i4"))
    assert gaps.argmax() == 6
    assert gaps.max() >= 299_999
    assert (row.fault, row.injected_us, row.ended_by) == ("s6@7:0.3", 300_000, "provider")


def test_a_planned_error_status_has_the_dialects_body(shared: Mock) -> None:
    got = post(shared, chat(14, model="down"))
    assert (got.status, got.error["type"]) == (503, "server_error")
    assert (shared.row(14).fault, shared.row(14).status) == ("h1:503", 503)


def test_the_quota_is_the_keys_own_and_its_refusal_names_the_refill(shared: Mock) -> None:
    asked = chat(20, model="limited", stream=False)
    answers = [post(shared, asked, authorization="Bearer a") for _ in range(3)]
    assert [got.status for got in answers] == [200, 200, 429]
    assert [got.headers["x-ratelimit-remaining-requests"] for got in answers] == ["1", "0", "0"]
    refused = answers[2]
    assert 28_000 < int(refused.headers["retry-after-ms"]) <= 30_000
    assert int(refused.headers["retry-after"]) in (29, 30)
    assert refused.error["code"] == "rate_limit_exceeded"
    assert post(shared, asked, authorization="Bearer b").status == 200
    row = next(row for row in shared.rows() if row.status == 429)
    assert (row.limit, row.ended_by, row.emitted_tokens) == ("rpm", "limit", 0)
    assert row.retry_after_s == pytest.approx(29, abs=1)


def read_until_reset(sock: socket.socket) -> tuple[bytes, bool]:
    received = b""
    try:
        while piece := sock.recv(65536):
            received += piece
    except ConnectionResetError:
        return received, True
    return received, False


def leave(sock: socket.socket, how: str) -> None:
    if how == "half-close":
        sock.shutdown(socket.SHUT_WR)
        return
    if how == "rst":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


@pytest.mark.parametrize("how", ["fin", "rst", "half-close"])
@pytest.mark.parametrize(
    ("stage", "model"), [("waiting", "sleepy"), ("streaming", "slow"), ("whole", "slow")]
)
def test_a_peer_that_leaves_is_noticed_and_nothing_more_is_generated(
    tmp_path: Path, stage: str, model: str, how: str
) -> None:
    with mock(tmp_path, CONFIG) as server:
        sock = server.connect()
        sock.sendall(request_bytes("/v1/chat/completions", chat(30, model=model, stream=stage != "whole")))
        if stage == "whole":
            server.wait_for("open", 1)
        else:
            awaited = b"[000030:0001]" if stage == "streaming" else b"\r\n\r\n"
            received = b""
            while awaited not in received:
                received += sock.recv(65536)
        left_ns = clock.now()
        leave(sock, how)
        server.wait_for("ledger_rows", 1)
        (row,) = server.rows()
        sock.close()
    assert row.ended_by == "peer"
    assert row.terminal_ns is None
    assert left_ns < row.peer_left_ns < left_ns + clock.SECOND  # seen: well under 10 ms
    assert row.emitted_tokens < 20
    assert row.wasted_tokens == 0


def test_a_close_after_the_last_word_is_no_abort(shared: Mock) -> None:
    for stream in range(40, 60):
        sock = shared.connect()
        sock.sendall(request_bytes("/v1/chat/completions", chat(stream)))
        received = b""
        while b"[DONE]" not in received:
            received += sock.recv(65536)
        sock.close()
    assert {shared.row(stream).ended_by for stream in range(40, 60)} == {"provider"}


def accumulated(server: Mock, sid: int, tokens: int) -> socket.socket:
    """A peer that has asked for an answer whose events each repeat all before them, and reads nothing yet."""
    sock = server.connect()
    query = f"prompt=%5Bsid:{sid:06d}%5D&model=fast%2Bttft=0%2Bitl=0%2Bout={tokens}"
    head = f"GET /api/chat/accumulated?{query} HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n\r\n"
    sock.sendall(head.encode())
    return sock


def test_a_peer_that_does_not_read_costs_the_mock_a_bounded_part_of_the_answer(shared: Mock) -> None:
    """All 4,000 events are due at once and would be 180 MB; some 100,000 tokens would be 110 GB."""
    with accumulated(shared, 73, 4_000) as sock:
        assert sock.recv(1) == b"H"
        assert json.loads(get(shared, "/-/health").body)["open"] == 1
    shared.wait_for("open", 0)
    row = shared.row(73)
    assert row.ended_by == "peer"
    assert row.emitted_tokens < row.planned_tokens == 4_000


def test_a_peer_that_reads_again_gets_all_of_a_paused_answer(shared: Mock) -> None:
    received, end = 0, b""
    with accumulated(shared, 74, 3_000) as sock:
        assert sock.recv(1) == b"H"
        assert json.loads(get(shared, "/-/health").body)["open"] == 1
        while piece := sock.recv(1 << 20):
            received += len(piece)
            end = (end + piece)[-200_000:]
    assert received > 64 << 20
    last, _, terminator = end.rpartition(b"\ndata: ")[2].partition(b"\n\n\r\n")
    assert terminator == b"0\r\n\r\n"
    said = json.loads(last)
    assert (said["content"], said["done"]) == ("".join(answer(7, 74, 3_000)), True)
    assert shared.row(74).ended_by == "provider"


def test_what_cannot_be_answered_is_refused_in_the_dialects_words(shared: Mock) -> None:
    unknown = post(shared, chat(70, model="nobody"))
    assert (unknown.status, unknown.error["code"]) == (404, "model_not_found")
    assert "fast" in unknown.error["message"]
    assert post(shared, {"model": "fast"}).status == 400
    assert get(shared, "/v1/chat/completions").status == 405
    assert get(shared, "/nowhere").error["code"] == "unknown_url"
    assert {row.status for row in shared.rows() if row.model in ("nobody", "")} == {400, 404, 405}


def test_a_head_has_no_body_so_the_next_answer_on_the_connection_is_read_right(shared: Mock) -> None:
    """Its length stands in the head all the same; a client would take a body for the next status line."""
    head = b"HEAD /v1/chat/completions HTTP/1.1\r\nhost: mock\r\n\r\n"
    last = b"HEAD /nowhere HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n\r\n"
    with shared.connect() as sock:
        sock.sendall(head + last)
        first, second, rest = read_all(sock).split(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 405 ")
    assert b"\r\nallow: POST\r\n" in first
    assert second.startswith(b"HTTP/1.1 404 ")
    assert b"\r\ncontent-length: " in second
    assert rest == b""


def test_a_body_beyond_the_bound_is_a_413_in_the_dialects_words_and_in_the_ledger(shared: Mock) -> None:
    large = chat(71, filler="x" * MAX_BODY)
    refused = post(shared, large, path="/v1/messages")
    assert (refused.status, refused.error["type"]) == (413, "request_too_large")
    assert shared.rows()[-1].status == 413
    operated = post(shared, large, path="/-/queue")
    assert (operated.status, operated.error["type"]) == (413, "admin")


def test_a_body_that_cannot_be_decoded_is_refused_for_that_and_the_connection_ends(shared: Mock) -> None:
    refused = exchange(shared, request_bytes("/v1/chat/completions", chat(72), content_encoding="gzip"))
    assert refused.status == 400
    assert "could not be read" in refused.error["message"]
    assert refused.headers["connection"] == "close"


def test_models_and_health_answer(shared: Mock) -> None:
    listed = json.loads(get(shared, "/v1/models").body)
    assert [entry["id"] for entry in listed["data"]][:2] == ["fast", "slow"]
    health = json.loads(get(shared, "/-/health").body)
    assert health["status"] == "ok"
    assert health["ledger_rows"] == len(shared.rows())


def test_a_taken_port_is_one_message_and_exit_code_4(shared: Mock, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mock_provider", "--port", str(shared.port)], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.count("\n") == 1
    assert f"127.0.0.1:{shared.port}" in done.stderr
    assert "--port" in done.stderr


def test_stopping_ends_open_streams_and_keeps_their_rows(tmp_path: Path) -> None:
    with mock(tmp_path, CONFIG) as server:
        sock = server.connect()
        sock.sendall(request_bytes("/v1/chat/completions", chat(80, model="slow")))
        received = b""
        while b"[000080:0001]" not in received:
            received += sock.recv(65536)
        asked_ns = clock.now()
        assert server.stop() == 0
        assert clock.now() - asked_ns < 10 * clock.SECOND  # seen: 0.2 s; it must not wait for the answer
        sock.close()
        (row,) = server.rows()
        assert (row.ended_by, row.stream) == ("shutdown", 80)
        assert server.rest == ("", "")
