"""Does the mock provider leak? Streams with random faults and random deaths of their peers, for a while.

    python -m bench.mock_soak [--seconds 600] [--streams 300] [--workers 1] [--json]

Ends with exit code 1 when memory grew, when a socket or an attempt was left open, or when the ledger has
not exactly one row for each request.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from harness.record import read_parts
from mock_provider import faults

CONFIG = """
models:
  m:
    ttft_ms: {dist: lognormal, mean: 100, cv: 0.5}
    itl_ms: {dist: lognormal, mean: 20, cv: 0.5}
    output_tokens: {dist: uniform, low: 5, high: 150}
    tokens_per_chunk: {1: 0.8, 3: 0.2}
  stubborn: {itl_ms: 10, output_tokens: 60, cancellable: false}
  batch: {output_tokens: 40, batch: {step_ms: 10, max_batch: 32, queue_max: 50}}
  limited: {ttft_ms: 20, itl_ms: 5, output_tokens: 20, quota: {rpm: 3000, burst_s: 1, concurrent: 20}}
"""
LINGER_NOTHING = struct.pack("ii", 1, 0)
GROWTH = 1.15  # of memory from the end of the first quarter to the end


def notations() -> list[str]:
    """Every fault in every kind, with stalls short enough to play many."""
    found = []
    for name in faults.names():
        fault = faults.load(name)
        for kind in fault.kinds or ("",):
            given = {"kind": kind, "seconds": "0.5", "ms": "100", "status": "503", "then": "die"}
            args = ",".join(given[field] for field in fault.takes)
            found.append(name + ("@7" if fault.positional else "") + (f":{args}" if args else ""))
    return found


class Peers:
    """So many connections at once, each of them a stream that may end in several ways."""

    def __init__(self, address: tuple[str, int], seed: int) -> None:
        self._address, self._rng = address, random.Random(seed)
        self._faults = notations()
        self.requests = 0

    async def keep(self, until: float) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() < until:
            with contextlib.suppress(OSError):
                await self._one()

    async def _one(self) -> None:
        rng = self._rng
        reader, writer = await asyncio.open_connection(*self._address)
        try:
            prefix = f"/f/{rng.choice(self._faults)}" if rng.random() < 0.4 else ""
            self.requests += 1
            writer.write(
                _request(prefix, rng.choice(["m", "m", "m", "stubborn", "batch", "limited"]), self.requests)
            )
            patience = rng.uniform(0.01, 2) if rng.random() < 0.4 else 20
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await reader.read(-1)
            if rng.random() < 0.5:
                sock: socket.socket = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOTHING)
                writer.transport.abort()
        finally:
            writer.close()


def _request(prefix: str, model: str, number: int) -> bytes:
    message = {"role": "user", "content": f"[sid:{number:06d}] go on"}
    body = json.dumps({"model": model, "stream": True, "messages": [message]}).encode()
    head = f"POST {prefix}/v1/chat/completions HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def rss_mb(pids: list[int]) -> float:
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def descriptors(pids: list[int]) -> int:
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)


async def soak(address: tuple[str, int], pid: int, seconds: float, streams: int) -> dict[str, object]:
    loop, pids = asyncio.get_running_loop(), family(pid)
    peers = Peers(address, 7)
    began, before = loop.time(), descriptors(pids)
    running = [asyncio.create_task(peers.keep(began + seconds)) for _ in range(streams)]
    await asyncio.sleep(seconds / 4)
    early_mb = rss_mb(pids)
    await asyncio.gather(*running)
    await asyncio.sleep(5)  # what cannot be cancelled plays to its end
    return {
        "seconds": round(loop.time() - began, 1),
        "requests": peers.requests,
        "early_mb": round(early_mb, 1),
        "late_mb": round(rss_mb(pids), 1),
        "descriptors_left": descriptors(pids) - before,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--streams", type=int, default=300)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON line and nothing else")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mock.yaml").write_text(CONFIG)
        command = [sys.executable, "-m", "mock_provider", "--config", str(folder / "mock.yaml")]
        command += ["--ledger-dir", str(folder), "--workers", str(args.workers)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            address = (ready["host"], ready["port"])
            figures = asyncio.run(soak(address, process.pid, args.seconds, args.streams))
        finally:
            process.terminate()
            _, errors = process.communicate(timeout=10)
        parts = read_parts(folder, "ledger")
    endings: dict[str, int] = {}
    for row in parts.rows:
        endings[row.ended_by] = endings.get(row.ended_by, 0) + 1
    early_mb, late_mb = figures["early_mb"], figures["late_mb"]
    assert isinstance(early_mb, float)
    assert isinstance(late_mb, float)
    kept = {
        "memory": late_mb <= early_mb * GROWTH,
        "sockets": figures["descriptors_left"] == 0,
        "attempts": "shutdown" not in endings,
        "rows": len(parts.rows) == figures["requests"] and not parts.damaged,
        "silence": not errors,
    }
    figures |= {"rows": len(parts.rows), "ended_by": endings, "kept": kept}
    if not args.json:
        for key, value in figures.items():
            print(f"{key:18} {value}")
        print(errors, end="")
    print(json.dumps(figures))
    return 0 if all(kept.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
