"""What the mock provider costs and how late it is: CPU per token event, lateness of emissions.

    python -m bench.mock [--streams 200] [--rate 50] [--seconds 15] [--json]

The mock runs on one core, the peers that read from it on the others. CPU is the mock's own, user and
system, over everything it did (requests, ledger and all), divided by the token events of its ledger.
Lateness is each emission's distance from its planned instant, as the mock wrote it down.
"""

import argparse
import json
import os
import resource
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import numpy as np

from harness.record import read_parts

ANSWER_S = 4.0


def config(rate: float) -> str:
    gap_ms, tokens = 1000 / rate, round(ANSWER_S * rate)
    return (
        f"models: {{bench: {{ttft_ms: {{dist: uniform, low: 50, high: 150}}, itl_ms: {gap_ms}, "
        f"output_tokens: {tokens}}}}}\n"
    )


class Reader:
    """Keeps a number of streams open on keep-alive connections and throws away what they say."""

    def __init__(self, address: tuple[str, int], path: str, model: str, streams: int) -> None:
        self._address, self._path, self._model = address, path, model
        self._selector = selectors.DefaultSelector()
        self._asked = 0
        self.ended = 0
        for _ in range(streams):
            sock = socket.create_connection(address)
            self._selector.register(sock, selectors.EVENT_READ)
            self._ask(sock)

    def _ask(self, sock: socket.socket) -> None:
        self._asked += 1
        message = {"role": "user", "content": f"[sid:{self._asked:06d}] go on"}
        body = msgspec.json.encode({"model": self._model, "stream": True, "messages": [message]})
        head = f"POST {self._path} HTTP/1.1\r\nhost: mock\r\ncontent-type: application/json\r\n"
        sock.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)

    def run(self, seconds: float) -> None:
        """Read for so long, asking again on a connection whose answer has ended, then hang up."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                if sock.recv(1 << 18).endswith(b"0\r\n\r\n"):
                    self.ended += 1
                    self._ask(sock)
        for key in list(self._selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()


def cpu_s(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(streams: int, rate: float, seconds: float) -> dict[str, object]:
    """One run; the figures of its JSON line."""
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mock.yaml").write_text(config(rate))
        command = [sys.executable, "-m", "mock_provider", "--config", str(folder / "mock.yaml")]
        command += ["--ledger-dir", str(folder)]
        os.sched_setaffinity(0, {cores[-1]})
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        os.sched_setaffinity(0, set(cores[:-1]) or {cores[-1]})
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            idle_s = cpu_s(process.pid)
            began = time.monotonic()
            reader = Reader((ready["host"], ready["port"]), "/v1/chat/completions", "bench", streams)
            reader.run(seconds)
            wall_s = time.monotonic() - began
            used_s = cpu_s(process.pid) - idle_s
        finally:
            process.terminate()
            process.communicate(timeout=10)
            os.sched_setaffinity(0, set(cores))
        rows = read_parts(folder, "ledger").rows
    late_ms = np.concatenate([np.frombuffer(row.late_us, "<i4") for row in rows]) / 1000
    events = len(late_ms)
    return {
        "streams": streams,
        "requests": len(rows),
        "seconds": round(wall_s, 2),
        "events_per_s": round(events / wall_s),
        "cpu_us_per_event": round(used_s / events * 1e6, 2),
        "cpu_share": round(used_s / wall_s, 3),
        "lateness_p50_ms": round(float(np.percentile(late_ms, 50)), 3),
        "lateness_p99_ms": round(float(np.percentile(late_ms, 99)), 3),
        "lateness_max_ms": round(float(late_ms.max()), 3),
        "machine": f"{os.cpu_count()} cores, Python {sys.version.split()[0]}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--rate", type=float, default=50, help="token events a second of each stream")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--json", action="store_true", help="end in one JSON line and print nothing else")
    args = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 65_536)), hard))
    figures = measure(args.streams, args.rate, args.seconds)
    if not args.json:
        for name, value in figures.items():
            print(f"{name:20} {value}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
