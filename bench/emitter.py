"""A token source for benchmarks: nothing but paced OpenAI chunks, and the ledger's emission stamps.

One uvloop process, one timer: it looks each millisecond which streams are due. Every token is one write, so
one segment on loopback; its stamp is taken just before. Run: `python -m bench.emitter --ledger-dir DIR`.
"""

import argparse
import asyncio
import heapq
import json
import signal
import sys
from array import array
from pathlib import Path
from typing import cast

import uvloop

from harness import clock
from harness.answer import marked_streams, token
from harness.dialects.dialect import Reply
from harness.dialects.events import Usage
from harness.dialects.openai import OpenAiEncoder
from harness.record import LedgerRow, PartWriter

_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
_TICK_S = 0.001


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Emitter(asyncio.Protocol):
    """One connection; answers one request after another."""

    def __init__(self, source: "Source") -> None:
        self._source = source
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of asyncio's

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        self._source.begin(self, rest[:length])

    def connection_lost(self, exc: Exception | None) -> None:
        self._source.gone.add(id(self))


class _Stream:
    __slots__ = ("client", "emitted", "encoder", "n", "received_ns", "row", "stream")

    def __init__(self, client: Emitter, stream: int, n: int) -> None:
        self.client, self.stream, self.n = client, stream, n
        self.received_ns = clock.now()
        self.encoder = OpenAiEncoder(Reply(id=f"c{stream}", model="bench", created_s=0))
        self.emitted = array("i")


class Source:
    """All streams of the process, in one heap by their next instant."""

    def __init__(self, writer: PartWriter, seed: int, ttft_ms: float, itl_ms: float, tokens: int) -> None:
        self._writer, self._seed, self._tokens = writer, seed, tokens
        self._ttft_ns, self._itl_ns = int(ttft_ms * clock.MS), int(itl_ms * clock.MS)
        self._due: list[tuple[int, int, _Stream]] = []
        self.gone: set[int] = set()

    def begin(self, client: Emitter, body: bytes) -> None:
        [stream] = marked_streams(body.decode())
        opened = _Stream(client, stream, self._tokens)
        client.transport.write(_HEAD + _chunk(opened.encoder.start()))
        heapq.heappush(self._due, (opened.received_ns + self._ttft_ns, stream, opened))

    def emit_due(self) -> None:
        now, due = clock.now(), self._due
        while due and due[0][0] <= now:
            at, stream, opened = heapq.heappop(due)
            index = len(opened.emitted)
            data = _chunk(opened.encoder.text(token(self._seed, stream, index)))
            transport = opened.client.transport
            if id(opened.client) in self.gone:
                continue
            stamp = clock.now()
            transport.write(data)
            opened.emitted.append((stamp - opened.received_ns) // 1000)
            if index + 1 < opened.n:
                heapq.heappush(due, (at + self._itl_ns, stream, opened))
            else:
                self._finish(opened, stamp)

    def _finish(self, opened: _Stream, last_ns: int) -> None:
        encoder = opened.encoder
        usage = Usage(4, opened.n)
        opened.client.transport.write(_chunk(encoder.finish("stop", usage) + encoder.end()) + b"0\r\n\r\n")
        now = clock.now()
        first_ns = opened.received_ns + opened.emitted[0] * 1000
        self._writer.write(
            LedgerRow(
                request=f"c{opened.stream}", stream=opened.stream, worker="emitter", dialect="openai",
                model="bench", received_ns=opened.received_ns, headers_ns=opened.received_ns,
                first_token_ns=first_ns, last_token_ns=last_ns, terminal_ns=now, closed_ns=now,
                ended_by="provider", finish_reason="stop", planned_tokens=opened.n, emitted_tokens=opened.n,
                emit_us=opened.emitted.tobytes(), emit_tokens=array("i", [1] * opened.n).tobytes(),
            )
        )  # fmt: skip


async def _serve(arguments: argparse.Namespace) -> None:
    writer = PartWriter(Path(arguments.ledger_dir), "ledger", "emitter")
    source = Source(writer, arguments.seed, arguments.ttft_ms, arguments.itl_ms, arguments.tokens)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Emitter(source), "127.0.0.1", 0, backlog=4096)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps({"ready": True, "host": "127.0.0.1", "port": port}) + "\n")
    sys.stdout.flush()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    while not stop.is_set():
        source.emit_due()
        await asyncio.sleep(_TICK_S)
    writer.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--ledger-dir", required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--ttft-ms", type=float, default=200)
    parser.add_argument("--itl-ms", type=float, default=20)
    parser.add_argument("--tokens", type=int, default=500)
    arguments = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(arguments))


if __name__ == "__main__":
    main()
