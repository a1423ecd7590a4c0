"""What the mock provider costs and how late it is: CPU per token event, lateness of emissions.

    python -m bench.mock [--streams 200] [--rate 50] [--seconds 15] [--guidellm PATH] [--json]
    python -m bench.mock --quota [--seconds 60]    what quotas let in: see bench/mock_quota.py
    python -m bench.mock --aborts [--each 100]     how soon a death is noticed: see bench/mock_aborts.py

The server runs on one core, the peers that read from it on the others. CPU is the server's own, user and
system, over everything it did (requests, ledger and all), divided by the token events that were read.
Lateness is each emission's distance from its planned instant, as the mock wrote it down. `ttft_error` is
what the peers measured beside the plan; it has their own delay in it, the same for every server. On a
machine with other work `queued_share` says for how much of the time the core was given to that.

With the path of a `guidellm` program its mock server does the same work before ours, in the same run.
"""

import argparse
import contextlib
import json
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from bench.mock_aborts import aborts
from bench.mock_quota import quota
from harness.record import read_parts
from harness.sockets import raise_limit

ANSWER_S = 4.0
TTFT_MS = 100.0


def config(rate: float) -> str:
    gap_ms, tokens = 1000 / rate, round(ANSWER_S * rate)
    return f"models: {{bench: {{ttft_ms: {TTFT_MS}, itl_ms: {gap_ms}, output_tokens: {tokens}}}}}\n"


class Reader:
    """Keeps a number of streams open on keep-alive connections and throws away what they say.

    They begin spread over the length of an answer, so that requests come evenly from then on.
    """

    def __init__(self, address: tuple[str, int], model: str, streams: int) -> None:
        self._model = model
        self._selector = selectors.DefaultSelector()
        self._asked = 0
        self._sent_s: dict[int, float] = {}
        self.ended = 0
        self.frames = 0
        self.ttft_ms: list[float] = []
        self._address = address
        self._due_s = [time.monotonic() + ANSWER_S * number / streams for number in reversed(range(streams))]

    def _open(self) -> None:
        self._due_s.pop()
        sock = socket.create_connection(self._address)
        self._selector.register(sock, selectors.EVENT_READ)
        self._ask(sock)

    def _ask(self, sock: socket.socket) -> None:
        self._asked += 1
        message = {"role": "user", "content": f"[sid:{self._asked:06d}] go on"}
        body = msgspec.json.encode({"model": self._model, "stream": True, "messages": [message]})
        head = "POST /v1/chat/completions HTTP/1.1\r\nhost: mock\r\ncontent-type: application/json\r\n"
        sock.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        self._sent_s[sock.fileno()] = time.perf_counter()

    def run(self, seconds: float) -> None:
        """Read for so long, asking again on a connection whose answer has ended, then hang up."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            while self._due_s and self._due_s[-1] <= time.monotonic():
                self._open()
            if self._due_s:
                left = min(left, max(0.0, self._due_s[-1] - time.monotonic()))
            for key, _ in self._selector.select(left):
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                self._read(sock, sock.recv(1 << 18))
        for key in list(self._selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()

    def _read(self, sock: socket.socket, data: bytes) -> None:
        frames = data.count(b"data: {")
        self.frames += frames
        if frames and (sent_s := self._sent_s.pop(sock.fileno(), None)) is not None:
            self.ttft_ms.append((time.perf_counter() - sent_s) * 1000)
        if data.endswith(b"0\r\n\r\n"):
            self.ended += 1
            self._ask(sock)


def cpu_s(pid: int) -> float:
    """User and system time so far of a process, its children included."""
    used = 0
    for each in (pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        used += int(fields[11]) + int(fields[12])
    return used / os.sysconf("SC_CLK_TCK")


def queued_s(pid: int) -> float:
    """How long a process so far was ready to run while its core did something else."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def on_last_core(command: list[str], **options: Any) -> subprocess.Popen[str]:
    """Start a server on the last core; we keep the others."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    process = subprocess.Popen(command, text=True, **options)
    os.sched_setaffinity(0, set(cores[:-1]) or {cores[-1]})
    return process


def under_load(
    process: subprocess.Popen[str], address: tuple[str, int], model: str, streams: int, seconds: float
) -> dict[str, Any]:
    """What any server can be asked: its cost, and how its first tokens are late."""
    idle_s, idle_queued_s, began = cpu_s(process.pid), queued_s(process.pid), time.monotonic()
    reader = Reader(address, model, streams)
    reader.run(seconds)
    wall_s, used_s = time.monotonic() - began, cpu_s(process.pid) - idle_s
    return {
        "seconds": round(wall_s, 2),
        "events_per_s": round(reader.frames / wall_s),
        "cpu_us_per_event": round(used_s / max(1, reader.frames) * 1e6, 2),
        "cpu_share": round(used_s / wall_s, 3),
        "queued_share": round((queued_s(process.pid) - idle_queued_s) / wall_s, 3),  # others had the core
        "ttft_error_p50_ms": round(float(np.percentile(reader.ttft_ms, 50)) - TTFT_MS, 2),
        "ttft_error_p99_ms": round(float(np.percentile(reader.ttft_ms, 99)) - TTFT_MS, 2),
    }


def ours(streams: int, rate: float, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mock.yaml").write_text(config(rate))
        command = [sys.executable, "-m", "mock_provider", "--config", str(folder / "mock.yaml")]
        process = on_last_core([*command, "--ledger-dir", str(folder)], stdout=subprocess.PIPE)
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            figures = under_load(process, (ready["host"], ready["port"]), "bench", streams, seconds)
        finally:
            process.terminate()
            process.communicate(timeout=10)
        rows = read_parts(folder, "ledger").rows
    late_ms = np.concatenate([np.frombuffer(row.late_us, "<i4") for row in rows]) / 1000
    return figures | {
        "requests": len(rows),
        "lateness_p50_ms": round(float(np.percentile(late_ms, 50)), 3),
        "lateness_p99_ms": round(float(np.percentile(late_ms, 99)), 3),
        "lateness_max_ms": round(float(late_ms.max()), 3),
    }


def guidellm(program: str, streams: int, rate: float, seconds: float) -> dict[str, Any]:
    """GuideLLM's mock server at the same pace. It needs no tokenizer of a model hub."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [program, "mock-server", "--host", "127.0.0.1", "--port", str(port), "--model", "bench"]
    command += ["--ttft-ms", str(TTFT_MS), "--itl-ms", str(1000 / rate)]
    command += ["--output-tokens", str(round(ANSWER_S * rate)), "--workers", "1"]
    quiet = subprocess.DEVNULL
    process = on_last_core(command, stdout=quiet, stderr=quiet, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.1)
        return under_load(process, ("127.0.0.1", port), "bench", streams, seconds)
    finally:
        process.terminate()
        process.wait(timeout=20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--rate", type=float, default=50, help="token events a second of each stream")
    parser.add_argument("--seconds", type=float, help="default 15, with --quota 60")
    parser.add_argument("--guidellm", metavar="PATH", help="a guidellm program to compare with")
    parser.add_argument("--json", action="store_true", help="end in one JSON line and print nothing else")
    parser.add_argument("--quota", action="store_true", help="measure what quotas let in, and nothing else")
    parser.add_argument(
        "--aborts", action="store_true", help="measure how soon an abort is noticed, likewise"
    )
    parser.add_argument("--each", type=int, default=100, help="aborts of each kind")
    args = parser.parse_args()
    if args.quota or args.aborts:
        figures = quota(args.seconds or 60) if args.quota else aborts(args.each)
        show(figures, args.json)
        sys.exit(0 if figures["kept"] else 1)
    seconds = args.seconds or 15
    raise_limit()
    figures = {"streams": args.streams, "rate": args.rate}
    cores = os.sched_getaffinity(0)
    if args.guidellm:
        figures["guidellm"] = guidellm(args.guidellm, args.streams, args.rate, seconds)
        os.sched_setaffinity(0, cores)
    figures |= ours(args.streams, args.rate, seconds)
    if args.guidellm:
        figures["cpu_ratio"] = round(figures["guidellm"]["cpu_us_per_event"] / figures["cpu_us_per_event"], 1)
    show(figures, args.json)


def show(figures: dict[str, Any], json_only: bool) -> None:
    """A line a figure, then all of them as one line of JSON."""
    figures["machine"] = f"{os.cpu_count()} cores, Python {sys.version.split()[0]}"
    if not json_only:
        for name, value in figures.items():
            print(f"{name:20} {value}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
