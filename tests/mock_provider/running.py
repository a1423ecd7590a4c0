"""A mock provider in a process of its own, and a client that sees every byte."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.record import LedgerRow, read_parts

PATIENCE_S = 20


@dataclass
class Mock:
    process: subprocess.Popen[str]
    host: str
    port: int
    folder: Path
    rest: tuple[str, str] = field(default=("", ""))

    def connect(self) -> socket.socket:
        return socket.create_connection((self.host, self.port), timeout=PATIENCE_S)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.rest = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode

    def rows(self) -> list[LedgerRow]:
        parts = read_parts(self.folder, "ledger")
        assert parts.damaged == 0
        return parts.rows

    def row(self, stream: int) -> LedgerRow:
        """The latest row of `stream`. Its last byte may come just before the row; health comes after it."""
        get(self, "/-/health")
        return [row for row in self.rows() if row.stream == stream][-1]

    def wait_for(self, count: str, value: int) -> None:
        """Asks /-/health until `count` is `value`; each question waits on the server."""
        for _ in range(5000):
            if json.loads(get(self, "/-/health").body)[count] == value:
                return
        raise AssertionError(f"{count} never became {value}")


@contextmanager
def mock(tmp_path: Path, config: str = "", *args: str) -> Iterator[Mock]:
    command = [sys.executable, "-m", "mock_provider", "--ledger-dir", str(tmp_path / "ledger"), *args]
    if config:
        (tmp_path / "mock.yaml").write_text(config)
        command += ["--config", str(tmp_path / "mock.yaml")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    try:
        ready = json.loads(line)
        assert ready["ready"] is True
        yield Mock(process, ready["host"], ready["port"], tmp_path / "ledger")
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> Any:
        return json.loads(self.body)["error"]


def request_bytes(path: str, body: dict[str, Any], **headers: str) -> bytes:
    raw = json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", "host: mock", f"content-length: {len(raw)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + raw


def chat(sid: int | None = 42, /, **changes: Any) -> dict[str, Any]:
    prompt = "hello" if sid is None else f"[sid:{sid:06d}] hello"
    asked = {"model": "fast", "messages": [{"role": "user", "content": prompt}], "stream": True}
    return asked | changes


def read_all(sock: socket.socket) -> bytes:
    """Every byte until the peer's FIN. Raises ConnectionResetError on an RST."""
    received = b""
    while piece := sock.recv(65536):
        received += piece
    return received


def exchange(server: Mock, raw: bytes) -> Response:
    """One request on a connection of its own; the body as HTTP frames it, chunk headers included."""
    with server.connect() as sock:
        sock.sendall(raw)
        return parse(read_all(sock))


def parse(received: bytes) -> Response:
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return Response(int(first.split()[1]), headers, body)


def get(server: Mock, path: str) -> Response:
    return exchange(server, f"GET {path} HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n\r\n".encode())


def post(server: Mock, body: dict[str, Any], path: str = "/v1/chat/completions", **headers: str) -> Response:
    return exchange(server, request_bytes(path, body, connection="close", **headers))


def dechunk(body: bytes) -> tuple[bytes, bool]:
    """(content, whether the terminator came)."""
    content = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        if (length := int(size, 16)) == 0:
            return content, rest == b"\r\n"
        content += rest[:length]
        body = rest[length + 2 :]
    return content, False
