"""Several workers on one port: what must be one stays one."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from harness import clock
from harness.record import LedgerRow
from tests.mock_provider.running import PATIENCE_S, Mock, chat, exchange, get, mock, post, request_bytes

pytestmark = pytest.mark.slow

CONFIG = """
models:
  fast: {ttft_ms: 5, itl_ms: 1, output_tokens: 12}
  limited: {ttft_ms: 5, itl_ms: 1, output_tokens: 5, quota: {rpm: 5}}
  slots: {ttft_ms: 60000, itl_ms: 1, output_tokens: 5, quota: {concurrent: 3}}
  batch: {output_tokens: 8, batch: {step_ms: 5, max_batch: 2}}
workers: 2
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with mock(tmp_path_factory.mktemp("mock"), CONFIG, "--seed", "7") as server:
        yield server
        assert server.stop() == 0
        assert server.rest[1] == ""


def workers_of(server: Mock) -> set[int]:
    found = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    return {int(pid) for pid in found.split()}


def test_both_workers_answer_and_attempts_are_counted_over_both(shared: Mock) -> None:
    for _ in range(40):
        post(shared, chat(1, stream=False))
    rows = [row for row in shared.rows() if row.stream == 1]
    assert {row.worker for row in rows} == {"mock-0", "mock-1"}
    assert len({row.request for row in rows}) == len(rows)
    got = post(shared, chat(1, stream=False))
    assert json.loads(got.body)["id"].endswith("-41")


def test_a_quota_is_one_over_all_workers(shared: Mock) -> None:
    statuses = [post(shared, chat(2, stream=False, model="limited")).status for _ in range(12)]
    assert statuses == [200] * 5 + [429] * 7


def test_slots_come_back_when_their_holder_leaves(shared: Mock) -> None:
    with contextlib.ExitStack() as stack:
        for stream in range(3):
            sock = stack.enter_context(shared.connect())
            sock.sendall(request_bytes("/v1/chat/completions", chat(10 + stream, model="slots")))
            assert sock.recv(4096).startswith(b"HTTP/1.1 200")
        assert post(shared, chat(13, model="slots", stream=False)).status == 429
    for _ in range(2000):
        if json.loads(get(shared, "/-/state").body)["open"] == 0:
            break
    with shared.connect() as sock:
        sock.sendall(request_bytes("/v1/chat/completions", chat(14, model="slots")))
        assert sock.recv(4096).startswith(b"HTTP/1.1 200")


def test_one_batch_serves_the_streams_of_all_workers(shared: Mock) -> None:
    socks = [shared.connect() for _ in range(6)]
    for stream, sock in enumerate(socks):
        sock.sendall(request_bytes("/v1/chat/completions", chat(20 + stream, model="batch")))
    for sock in socks:
        received = b""
        while b"[DONE]" not in received:
            received += sock.recv(65536)
        sock.close()
    rows = [shared.row(20 + stream) for stream in range(6)]
    assert {row.emitted_tokens for row in rows} == {8}
    # Planned instants, so that a late write changes nothing: no step of 5 ms serves more than two.
    planned_ms = [_planned_ms(row) for row in rows]
    spans = [(min(instants), max(instants)) for instants in planned_ms]
    for begin, _ in spans:
        assert sum(first <= begin <= last for first, last in spans) <= 2


def _planned_ms(row: LedgerRow) -> list[int]:
    planned_us = np.frombuffer(row.emit_us, "<i4") - np.frombuffer(row.late_us, "<i4")
    return [round((row.received_ns + int(us) * 1_000) / clock.MS) for us in planned_us]


def test_an_operators_change_holds_for_all_workers(shared: Mock) -> None:
    rules = json.dumps([{"id": "h1", "status": 599, "match": {"stream": 50}}]).encode()
    head = f"PUT /-/rules HTTP/1.1\r\nhost: m\r\nconnection: close\r\ncontent-length: {len(rules)}\r\n\r\n"
    assert exchange(shared, head.encode() + rules).status == 200
    assert {post(shared, chat(50, stream=False)).status for _ in range(12)} == {599}
    bad = exchange(shared, head.replace(str(len(rules)), "1").encode() + b"x")
    assert bad.status == 400


def test_the_port_of_another_mock_is_taken_also_for_workers(shared: Mock) -> None:
    command = [sys.executable, "-m", "mock_provider", "--workers", "2", "--port", str(shared.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (4, "", 1)
    assert f"127.0.0.1:{shared.port}" in done.stderr


def test_when_a_worker_dies_the_others_stop_and_the_parent_says_which(tmp_path: Path) -> None:
    with mock(tmp_path, CONFIG) as server:
        victim = min(workers_of(server))
        os.kill(victim, signal.SIGKILL)
        _, errors = server.process.communicate(timeout=PATIENCE_S)
        assert server.process.returncode == 4
        assert "a worker died" in errors
        assert "-9" in errors


def test_when_the_parent_dies_so_do_its_workers(tmp_path: Path) -> None:
    with mock(tmp_path, CONFIG) as server:
        # A worker that is gone closes its connections: the read ends then, however long that takes.
        with contextlib.ExitStack() as stack:
            socks = [stack.enter_context(server.connect()) for _ in range(8)]
            for stream, sock in enumerate(socks):
                sock.sendall(request_bytes("/v1/chat/completions", chat(stream, model="slots")))
                sock.recv(4096)
            server.process.kill()
            for sock in socks:
                with contextlib.suppress(ConnectionResetError):
                    while sock.recv(4096):
                        pass
        with pytest.raises(OSError), socket.create_connection((server.host, server.port), timeout=1):
            pass


def test_an_order_for_a_stream_holds_at_every_worker(shared: Mock) -> None:
    body = b'{"990": {"tokens": 3, "ttft_ms": 1, "itl_ms": 1}}'
    head = f"PUT /-/streams HTTP/1.1\r\nhost: m\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
    assert exchange(shared, head.encode() + body).status == 200
    for _ in range(40):
        post(shared, chat(990, stream=False))
    rows = [row for row in shared.rows() if row.stream == 990]
    assert {row.worker for row in rows} == {"mock-0", "mock-1"}
    assert {row.emitted_tokens for row in rows} == {3}
