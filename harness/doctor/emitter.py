"""A token source whose truth is known: paced OpenAI chunks, and the ledger's emission stamps.

It does nothing else, so that it can feed a load process more than that can take. One process, one selector;
every token is one write, so one segment on loopback, and its stamp is taken just before. When a request
arrived is the kernel's stamp where there is one: a busy emitter then does not make its client look slow.

Run: `python -m harness.doctor.emitter --ledger-dir DIR`.
"""

import argparse
import errno
import heapq
import json
import selectors
import signal
import socket
import sys
from array import array
from contextlib import suppress
from pathlib import Path

import msgspec

from harness import clock
from harness.answer import token
from harness.dialects.dialect import Reply
from harness.dialects.events import Usage
from harness.dialects.openai import OpenAiEncoder
from harness.doctor.asked import Request, Wish, next_request, wish
from harness.record import LedgerRow, PartWriter
from harness.sockets import raise_limit
from harness.transports.kernel_stamps import ANCILLARY_BYTES, KernelClock, arrival, request_stamps

_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
_MODEL = "known"
_LONGEST_SLEEP_S = 0.05
_CHANGED = selectors.EVENT_READ | selectors.EVENT_WRITE


class Pace(msgspec.Struct, frozen=True):
    """How every answer is written."""

    seed: int = 7
    ttft_ms: float = 100.0
    itl_ms: float = 20.0
    tokens: int = 200  # of an answer that asks for no length
    vary: float = 0.0  # share by which lengths spread around `tokens`, so that users do not move in step

    def length(self, stream: int, asked: int | None) -> int:
        """Tokens of the answer to `stream`; the same for ever."""
        if asked is not None:
            return max(1, asked)
        spread = (stream * 0.6180339887498949) % 1.0 * 2 - 1
        return max(1, round(self.tokens * (1 + self.vary * spread)))


class _Peer:
    """One connection; answers one request after another."""

    __slots__ = ("answer", "arrived_ns", "buffer", "open", "sock", "unsent")

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self.buffer, self.unsent = sock, b"", b""
        self.arrived_ns = 0
        self.open = True
        self.answer: _Answer | None = None


class _Answer:
    """One answer on its way."""

    __slots__ = ("emitted", "encoder", "late", "length", "model", "peer", "received_ns", "stream")

    def __init__(self, peer: _Peer, stream: int, length: int, wanted: Wish) -> None:
        self.peer, self.stream, self.length = peer, stream, length
        self.model = wanted.model or _MODEL
        self.received_ns = peer.arrived_ns
        reply = Reply(id=f"c{stream}", model=self.model, created_s=0, include_usage=wanted.usage)
        self.encoder = OpenAiEncoder(reply)
        self.emitted, self.late = array("i"), array("i")


class Emitter:
    """All answers of the process, in one heap by their next instant."""

    def __init__(self, listener: socket.socket, writer: PartWriter, name: str, pace: Pace) -> None:
        self._listener, self._writer, self._name, self._pace = listener, writer, name, pace
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._kernel = KernelClock()
        self._due: list[tuple[int, int, _Answer]] = []
        self._unmarked = 0
        self._resample_ns = clock.now() + clock.SECOND
        self.stopping = False

    def run(self) -> None:
        """Until `stopping`; then every open answer still gets its ledger row."""
        while not self.stopping:
            for key, events in self._selector.select(self._sleep_s()):
                if key.data is None:
                    self._accept()
                elif events & selectors.EVENT_WRITE:
                    self._write(key.data, b"")
                else:
                    self._read(key.data)
            self._emit()
            if clock.now() > self._resample_ns:
                self._kernel.resample()
                self._resample_ns = clock.now() + clock.SECOND
        for _, _, answer in self._due:
            if answer.peer.open:
                self._record(answer, "shutdown")
        self._writer.close()

    def _sleep_s(self) -> float:
        if not self._due:
            return _LONGEST_SLEEP_S
        return min(_LONGEST_SLEEP_S, max(0.0, (self._due[0][0] - clock.now()) / clock.SECOND))

    def _accept(self) -> None:
        with suppress(BlockingIOError):
            while True:
                sock, _ = self._listener.accept()
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                request_stamps(sock)
                self._selector.register(sock, selectors.EVENT_READ, _Peer(sock))

    def _read(self, peer: _Peer) -> None:
        try:
            data, ancillary, _, _ = peer.sock.recvmsg(65536, ANCILLARY_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data, ancillary = b"", []
        if not data:
            self._lost(peer)
            return
        peer.arrived_ns, _ = arrival(ancillary, clock.now(), peer.arrived_ns, self._kernel.offset_ns)
        peer.buffer += data
        if peer.answer is None:
            self._serve(peer)

    def _serve(self, peer: _Peer) -> None:
        request, peer.buffer = next_request(peer.buffer)
        if request is None:
            return
        try:
            wanted = wish(request.body) if request.method == "POST" else None
        except msgspec.DecodeError as error:
            self._write(peer, _json(400, {"error": {"message": str(error)}}))
            return
        if wanted is None or not wanted.streaming:
            self._write(peer, _aside(request))
        else:
            self._begin(peer, wanted)

    def _begin(self, peer: _Peer, wanted: Wish) -> None:
        stream = wanted.stream
        if stream is None:
            self._unmarked += 1
            stream = self._unmarked
        length = self._pace.length(stream, wanted.tokens)
        answer = peer.answer = _Answer(peer, stream, length, wanted)
        self._write(peer, _HEAD + _chunk(answer.encoder.start()))
        first_ns = answer.received_ns + int(self._pace.ttft_ms * clock.MS)
        heapq.heappush(self._due, (first_ns, stream, answer))

    def _emit(self) -> None:
        due, now_ns = self._due, clock.now()
        while due and due[0][0] <= now_ns:
            at_ns, stream, answer = heapq.heappop(due)
            peer, index = answer.peer, len(answer.emitted)
            if not peer.open:
                continue
            data = _chunk(answer.encoder.text(token(self._pace.seed, stream, index)))
            stamp_ns = clock.now()
            self._write(peer, data)
            if not peer.open:
                continue  # the peer went while we wrote; its row is written
            answer.emitted.append((stamp_ns - answer.received_ns) // 1000)
            answer.late.append((stamp_ns - at_ns) // 1000)
            if index + 1 < answer.length:
                heapq.heappush(due, (at_ns + int(self._pace.itl_ms * clock.MS), stream, answer))
            else:
                self._finish(answer)

    def _finish(self, answer: _Answer) -> None:
        encoder, peer = answer.encoder, answer.peer
        usage = Usage(4, answer.length)
        self._write(peer, _chunk(encoder.finish("stop", usage) + encoder.end()) + b"0\r\n\r\n")
        if peer.open:
            self._record(answer, "provider")
            peer.answer = None
            self._serve(peer)  # what the peer has sent meanwhile

    def _record(self, answer: _Answer, ended_by: str) -> None:
        now_ns, emitted = clock.now(), answer.emitted
        whole = ended_by == "provider"
        self._writer.write(
            LedgerRow(
                request=f"{self._name}-c{answer.stream}", stream=answer.stream, worker=self._name,
                dialect="openai", model=answer.model, received_ns=answer.received_ns,
                headers_ns=answer.received_ns,
                first_token_ns=answer.received_ns + emitted[0] * 1000 if emitted else None,
                last_token_ns=answer.received_ns + emitted[-1] * 1000 if emitted else None,
                terminal_ns=now_ns if whole else None, peer_left_ns=now_ns if ended_by == "peer" else None,
                closed_ns=now_ns, ended_by=ended_by, finish_reason="stop" if whole else "",
                planned_tokens=answer.length, emitted_tokens=len(emitted),
                lateness_max_us=max(answer.late, default=0), emit_us=emitted.tobytes(),
                emit_tokens=array("i", [1] * len(emitted)).tobytes(), late_us=answer.late.tobytes(),
            )
        )  # fmt: skip

    def _write(self, peer: _Peer, data: bytes) -> None:
        """Hand over what the kernel takes; the rest follows when the socket is writable."""
        waited = bool(peer.unsent)
        data = peer.unsent + data
        try:
            sent = peer.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._lost(peer)
            return
        peer.unsent = data[sent:]
        if bool(peer.unsent) != waited:
            self._selector.modify(peer.sock, _CHANGED if peer.unsent else selectors.EVENT_READ, peer)

    def _lost(self, peer: _Peer) -> None:
        if not peer.open:
            return
        peer.open = False
        if peer.answer is not None:
            self._record(peer.answer, "peer")
        self._selector.unregister(peer.sock)
        peer.sock.close()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _aside(request: Request) -> bytes:
    """What clients ask besides answers: which models there are, and whether we are well."""
    if request.method == "GET" and request.path.endswith("/models"):
        models = [{"id": _MODEL, "object": "model", "created": 0, "owned_by": "streamproof"}]
        return _json(200, {"object": "list", "data": models})
    if request.method == "GET" and request.path.rstrip("/").endswith("health"):
        return _json(200, {"status": "ok"})
    if request.method == "POST":
        return _json(400, {"error": {"message": 'this source only streams; send "stream": true'}})
    return _json(404, {"error": {"message": f"there is no {request.path} here"}})


def _json(status: int, value: object) -> bytes:
    body = msgspec.json.encode(value)
    reason = {200: "OK", 400: "Bad Request", 404: "Not Found"}[status]
    head = (
        f"HTTP/1.1 {status} {reason}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; several processes may share a port. Raises OSError."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "SO_REUSEPORT"):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    request_stamps(listener)  # what it accepts inherits this, so not even the first read lacks its stamp
    listener.bind(("127.0.0.1", port))
    listener.listen(4096)
    listener.setblocking(False)
    return listener


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m harness.doctor.emitter", description=__doc__)
    parser.add_argument("--ledger-dir", required=True, type=Path)
    parser.add_argument("--name", default="emitter", help="of its part of the ledger")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=Pace().seed)
    parser.add_argument("--ttft-ms", type=float, default=Pace().ttft_ms)
    parser.add_argument("--itl-ms", type=float, default=Pace().itl_ms)
    parser.add_argument("--tokens", type=int, default=Pace().tokens)
    parser.add_argument("--vary", type=float, default=Pace().vary)
    options = parser.parse_args()
    pace = Pace(options.seed, options.ttft_ms, options.itl_ms, options.tokens, options.vary)
    raise_limit()
    try:
        listener = listen(options.port)
    except OSError as error:
        sys.stderr.write(f"port {options.port}: {errno.errorcode.get(error.errno or 0, error)}\n")
        return 4
    emitter = Emitter(listener, PartWriter(options.ledger_dir, "ledger", options.name), options.name, pace)

    def stop(*_: object) -> None:
        emitter.stopping = True

    signal.signal(signal.SIGTERM, stop)
    ready = {"ready": True, "host": "127.0.0.1", "port": listener.getsockname()[1]}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    emitter.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
