"""How soon the mock provider notices that its peer has died: until the instant its ledger names.

    python -m bench.mock --aborts [--each 100] [--json]

A peer dies by FIN or by RST in four stages of its answer: before headers, while it waits for the first token,
in mid-stream, and in an answer that is not streamed. Both clocks are the machine's monotonic one. A peer that
closes after the last word is no abort; as many of those are looked for as well.
"""

import socket
import struct
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from bench.mock_server import running
from harness import clock
from harness.record import LedgerRow, read_parts

CONFIG = """
models:
  mute: {ttft_ms: 60000, faults: [{id: c2, seconds: 60}]}
  waiting: {ttft_ms: 60000}
  streaming: {ttft_ms: 5, itl_ms: 20, output_tokens: 5000}
  whole: {ttft_ms: 60000}
  quick: {ttft_ms: 1, itl_ms: 0, output_tokens: 3}
"""
# stage -> (model, streamed, what the peer reads before it dies)
STAGES: dict[str, tuple[str, bool, bytes]] = {
    "before headers": ("mute", True, b""),
    "waiting": ("waiting", True, b"\r\n\r\n"),
    "streaming": ("streaming", True, b":0001]"),
    "not streamed": ("whole", False, b""),
}
HOWS = ("fin", "rst")
LIMIT_MS = 200.0
_LINGER_NOTHING = struct.pack("ii", 1, 0)
_SILENT_S = 30.0
_SETTLED_S = 0.03  # so that the request is being answered when its peer dies


def ask(address: tuple[str, int], stream: int, model: str, streamed: bool, awaited: bytes) -> socket.socket:
    sock = socket.create_connection(address, timeout=_SILENT_S)
    message = [{"role": "user", "content": f"[sid:{stream:06d}] go on"}]
    body = msgspec.json.encode({"model": model, "messages": message, "stream": streamed})
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: mock\r\ncontent-length: {len(body)}\r\n\r\n"
    sock.sendall(head.encode() + body)
    received = b""
    while awaited not in received:
        more = sock.recv(65536)
        if not more:
            raise EOFError(f"stream {stream} ended before {awaited!r}: {received[-300:]!r}")
        received += more
    return sock


def die(sock: socket.socket, how: str) -> int:
    """Close, and the instant at which that began."""
    if how == "rst":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOTHING)
    at_ns = clock.now()
    sock.close()
    return at_ns


def aborts(each: int) -> dict[str, Any]:
    """Latencies by stage and manner, on a provider of its own."""
    died: dict[int, tuple[str, int]] = {}
    closed: list[int] = []
    with tempfile.TemporaryDirectory() as name:
        with running(Path(name), CONFIG) as address:
            for number in range(each * len(STAGES) * len(HOWS)):
                stage = list(STAGES)[number % len(STAGES)]
                how = HOWS[number // len(STAGES) % len(HOWS)]
                sock = ask(address, number, *STAGES[stage])
                time.sleep(_SETTLED_S)
                died[number] = (f"{stage}, {how}", die(sock, how))
            for number in range(500_000, 500_000 + each):
                die(ask(address, number, "quick", True, b"[DONE]"), HOWS[number % 2])
                closed.append(number)
            time.sleep(1)  # five times the limit: who is not noticed by then is late anyhow
        rows = {row.stream: row for row in read_parts(Path(name), "ledger").rows}
    return _figures(rows, died, closed)


def _figures(
    rows: dict[int, LedgerRow], died: dict[int, tuple[str, int]], closed: list[int]
) -> dict[str, Any]:
    late_ms: dict[str, list[float]] = {}
    unnoticed = 0
    for number, (label, at_ns) in died.items():
        row = rows.get(number)
        if row is None or row.ended_by != "peer" or row.peer_left_ns is None:
            unnoticed += 1
        else:
            late_ms.setdefault(label, []).append((row.peer_left_ns - at_ns) / 1e6)
    figures: dict[str, Any] = {
        label: {
            "aborts": len(found),
            "p50_ms": round(float(np.percentile(found, 50)), 2),
            "max_ms": round(max(found), 2),
        }
        for label, found in sorted(late_ms.items())
    }
    figures["unnoticed"] = unnoticed
    figures["closes_after_the_end"] = len(closed)
    figures["of_those_called_aborts"] = sum(rows[number].ended_by == "peer" for number in closed)
    slowest_ms = max(max(found) for found in late_ms.values())
    figures["kept"] = slowest_ms <= LIMIT_MS and not unnoticed and not figures["of_those_called_aborts"]
    return figures
