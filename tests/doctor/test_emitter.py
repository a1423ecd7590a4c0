"""The emitter as a process: what it says on the wire, and what its ledger says of it."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from harness.answer import AnswerCheck
from harness.doctor.emitter import Pace
from harness.record import LedgerRow, read_parts

pytestmark = pytest.mark.slow
TOKENS, ITL_MS = 12, 5


class Running:
    """An emitter, and a plain client of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "harness.doctor.emitter", "--ledger-dir", str(folder)]
        command += ["--ttft-ms", "30", "--itl-ms", str(ITL_MS), "--tokens", str(TOKENS)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.port = json.loads(self.process.stdout.readline())["port"]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 10)

    def ask(self, body: dict[str, object], sock: socket.socket) -> None:
        data = json.dumps(body).encode()
        sock.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: %d\r\n\r\n%b" % (len(data), data)
        )

    def rows(self) -> list[LedgerRow]:
        """Ends the process; what it has written down."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(10) == 0
        return read_parts(self.folder, "ledger").rows


@pytest.fixture
def emitter(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    yield running
    running.process.kill()
    running.process.wait()
    assert running.process.stdout is not None
    running.process.stdout.close()


def whole(sock: socket.socket, end: bytes = b"0\r\n\r\n") -> bytes:
    data = b""
    while not data.endswith(end):
        read = sock.recv(65536)
        assert read, data
        data += read
    return data


def texts(data: bytes) -> list[str]:
    lines = [line[6:] for line in data.split(b"\n") if line.startswith(b"data: {")]
    deltas = [chunk["choices"][0]["delta"] for chunk in map(json.loads, lines) if chunk["choices"]]
    return [delta["content"] for delta in deltas if delta.get("content")]


ASK = {"stream": True, "messages": [{"role": "user", "content": "[sid:000042] hi"}]}


def test_an_answer_is_the_canonical_one_and_its_row_has_a_stamp_a_token(emitter: Running):
    with closing(emitter.connect()) as sock:
        emitter.ask({**ASK, "stream_options": {"include_usage": True}}, sock)
        data = whole(sock)
    check = AnswerCheck(Pace().seed, 42)
    assert sum(check.feed(text) for text in texts(data)) == TOKENS
    assert b'"completion_tokens":12' in data
    [row] = emitter.rows()
    emitted = np.frombuffer(row.emit_us, "<i4")
    assert (row.stream, row.ended_by, row.emitted_tokens, row.planned_tokens) == (42, "provider", 12, 12)
    assert emitted[0] >= 30_000
    assert (np.frombuffer(row.late_us, "<i4") >= 0).all()
    assert np.diff(emitted).sum() >= (TOKENS - 1) * ITL_MS * 1000 - row.lateness_max_us


def test_one_connection_serves_several_answers_of_any_length_one_after_the_other(emitter: Running):
    with closing(emitter.connect()) as sock:
        for length in (1, 3):
            emitter.ask({**ASK, "max_completion_tokens": length}, sock)
            assert len(texts(whole(sock))) == length
    assert [row.emitted_tokens for row in emitter.rows()] == [1, 3]


def test_prompts_without_a_mark_get_numbers_of_their_own(emitter: Running):
    body = {"stream": True, "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}]}
    with closing(emitter.connect()) as one, closing(emitter.connect()) as other:
        for sock in (one, other):
            emitter.ask(body, sock)
        for sock in (one, other):
            whole(sock)
    assert sorted(row.stream for row in emitter.rows()) == [1, 2]


def test_a_client_that_leaves_has_a_row_as_far_as_it_was_served(emitter: Running):
    with closing(emitter.connect()) as sock:
        emitter.ask({**ASK, "max_tokens": 5000}, sock)
        while b"[000042:0000]" not in sock.recv(65536):
            pass
    with closing(emitter.connect()) as other:  # an answer later the loss has certainly been noticed
        emitter.ask({**ASK, "max_tokens": 20}, other)
        whole(other)
    left = emitter.rows()[0]
    assert left.ended_by == "peer"
    assert 0 < left.emitted_tokens < 5000


def test_an_answer_still_open_at_the_end_has_its_row(emitter: Running):
    with closing(emitter.connect()) as sock:
        emitter.ask({**ASK, "max_tokens": 5000}, sock)
        while b"[000042:0000]" not in sock.recv(65536):
            pass
        [row] = emitter.rows()
    assert (row.ended_by, row.terminal_ns) == ("shutdown", None)


@pytest.mark.parametrize(
    ("request_line", "status", "says"),
    [
        (b"GET /v1/models HTTP/1.1", b"200", b'"known"'),
        (b"GET /health HTTP/1.1", b"200", b"ok"),
        (b"GET /else HTTP/1.1", b"404", b"/else"),
        (b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 2", b"400", b"only streams"),
        (b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 3", b"400", b"error"),
    ],
)
def test_what_clients_ask_besides(emitter: Running, request_line: bytes, status: bytes, says: bytes):
    body = {b"2": b"{}", b"3": b"[1]"}.get(request_line[-1:], b"")
    with closing(emitter.connect()) as sock:
        sock.sendall(request_line + b"\r\n\r\n" + body)
        data = whole(sock, b"}")
    assert data.split(b" ")[1] == status
    assert says in data


def test_lengths_spread_around_their_mean_and_are_the_same_for_ever():
    pace = Pace(tokens=200, vary=0.5)
    lengths = [pace.length(stream, None) for stream in range(1, 400)]
    assert lengths == [pace.length(stream, None) for stream in range(1, 400)]
    assert 100 <= min(lengths) < 105
    assert 295 < max(lengths) <= 300
    assert abs(sum(lengths) / len(lengths) - 200) < 2
    assert pace.length(1, 7) == 7
