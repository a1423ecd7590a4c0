"""What a chunk costs in the network proxies: CPU per chunk and added delay, ours beside Toxiproxy.

    python -m bench.proxy [--json] [--connections 300] [--rate 20] [--seconds 6] [--rounds 3]

One process of ours writes chunks of 150 B on many connections, each on its own beat, and reads them back
through the proxy. The proxy's CPU comes from /proc (Linux); of each figure the best round counts, because
whatever else the machine does can only add to it. The rounds take turns, so the ratio is of one run.
"""

import argparse
import asyncio
import json
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import uvloop

from harness import clock
from harness.network.api import Api
from harness.network.chain import Toxic, standard_chain
from harness.network.control import ProxySpec, ToxiproxyControl
from harness.network.errors import Gone
from harness.network.install import find_server
from harness.network.layout import free_ports
from harness.network.profiles import load_profiles
from harness.plan.network import Step

CHUNK = 150
STAMP = struct.Struct("<q")
WARM_UP_S = 1.0


class Source(asyncio.Protocol):
    """Writes a stamped chunk every beat until the connection ends."""

    def __init__(self, beat_s: float, run: "Run") -> None:
        self._beat_s, self._run = beat_s, run

    def connection_made(self, transport: Any) -> None:  # uvloop's has no base of asyncio's
        self._transport, self._loop = transport, asyncio.get_running_loop()
        first = (self._run.accepted % 97) / 97 * self._beat_s  # connections do not beat together
        self._run.accepted += 1
        self._due = self._loop.time() + first
        self._timer = self._loop.call_at(self._due, self._beat)

    def _beat(self) -> None:
        self._transport.write(STAMP.pack(clock.now()).ljust(CHUNK, b"x"))
        self._run.written += 1
        self._due += self._beat_s
        self._timer = self._loop.call_at(self._due, self._beat)

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()


class Reader(asyncio.Protocol):
    """Notes the delay of every chunk that has arrived whole."""

    def __init__(self, run: "Run") -> None:
        self._run, self._rest = run, b""

    def data_received(self, data: bytes) -> None:
        now = clock.now()
        data = self._rest + data
        whole = len(data) // CHUNK * CHUNK
        for start in range(0, whole, CHUNK):
            self._run.delays_ns.append(now - STAMP.unpack_from(data, start)[0])
        self._rest = data[whole:]


class Run:
    def __init__(self) -> None:
        self.accepted = self.written = 0
        self.delays_ns: list[int] = []


def cpu_s(pid: int) -> float:
    """User and system time of a process with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def proxy_server(command: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], ToxiproxyControl]]:
    (port,) = free_ports(1)
    process = subprocess.Popen(
        [*command, "-host", "127.0.0.1", "-port", str(port)],
        env={**os.environ, "LOG_LEVEL": "error"},
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_until_up(port)
        yield process, ToxiproxyControl("127.0.0.1", port)
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_up(port: int) -> None:
    api = Api("127.0.0.1", port)
    for _ in range(100):
        try:
            api.request("GET", "/version")
        except Gone:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("the proxy did not start")


def measure(command: list[str] | None, chain: list[Toxic], options: argparse.Namespace) -> dict[str, float]:
    """One round; without a command there is no proxy."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        address = listener.getsockname()
        if command is None:
            return uvloop.run(drive(listener, address, None, options))
        with proxy_server(command) as (process, control):
            (port,) = free_ports(1)
            upstream = f"127.0.0.1:{address[1]}"
            control.populate([ProxySpec(name="p", listen=f"127.0.0.1:{port}", upstream=upstream)])
            control.add_toxics("p", chain)
            return uvloop.run(drive(listener, ("127.0.0.1", port), process.pid, options))


async def drive(
    listener: socket.socket, address: tuple[str, int], pid: int | None, options: argparse.Namespace
) -> dict[str, float]:
    loop, run = asyncio.get_running_loop(), Run()
    server = await loop.create_server(lambda: Source(1 / options.rate, run), sock=listener.dup())
    clients = [
        (await loop.create_connection(lambda: Reader(run), *address))[0] for _ in range(options.connections)
    ]
    await asyncio.sleep(WARM_UP_S)
    run.delays_ns.clear()
    before, written = cpu_s(pid) if pid else 0.0, run.written
    await asyncio.sleep(options.seconds)
    spent, chunks = (cpu_s(pid) if pid else 0.0) - before, run.written - written
    delays = np.array(run.delays_ns) / 1e6
    for client in clients:
        client.abort()
    server.close()
    await asyncio.sleep(0.2)
    return {
        "us_per_chunk": spent / chunks * 1e6,
        "p50_ms": float(np.percentile(delays, 50)),
        "p99_ms": float(np.percentile(delays, 99)),
    }


def chain_of_a_journey() -> list[Toxic]:
    """All that stands on a cohort's proxy, on a link whose delay would not blur the figures."""
    journey = [Step(link="fast", for_s=1), Step(outage="sealed", for_s=1), Step(cut="rst")]
    return standard_chain(journey, {"fast": load_profiles()["ae+/lte"]})


def results(options: argparse.Namespace) -> dict[str, float]:
    commands: dict[str, list[str] | None] = {
        "direct": None,
        "builtin": [sys.executable, "-m", "harness.network.builtin"],
    }
    server = find_server()
    if server is not None:
        commands["toxiproxy"] = [str(server)]
    best: dict[str, float] = {}
    for _ in range(options.rounds):
        for name, command in commands.items():
            for suffix, chain in (("", []), ("_chain", chain_of_a_journey())):
                if command is None and suffix:
                    continue
                for key, value in measure(command, chain, options).items():
                    if command is not None or key != "us_per_chunk":
                        full = f"{name}{suffix}_{key}"
                        best[full] = min(best.get(full, value), value)
    if server is not None:
        best["builtin_to_toxiproxy"] = best["builtin_us_per_chunk"] / best["toxiproxy_us_per_chunk"]
    return {key: round(value, 3) for key, value in best.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--connections", type=int, default=300)
    parser.add_argument("--rate", type=float, default=20, help="chunks a second and connection")
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if not Path("/proc/self/stat").exists():
        raise SystemExit("bench.proxy reads CPU time from /proc, which only Linux has")
    found = results(options)
    if options.json:
        print(json.dumps(found))
        return
    for key, value in found.items():
        print(f"{key:28} {value:10.3f}")
    if "toxiproxy_us_per_chunk" not in found:
        print("no Toxiproxy server here; `streamproof toxiproxy install` gets one")


if __name__ == "__main__":
    main()
