"""A token server and a reader on plain sockets, each writing down what it saw."""

import contextlib
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Served:
    """One connection as the server saw it."""

    written: int = 0
    ended: str = "open"  # finished, peer_left, reset
    ended_ns: int = 0


@dataclass
class TokenServer:
    """Writes `count` lines of 32 bytes, `gap_s` apart, to everyone who sends a line; then closes."""

    count: int = 60
    gap_s: float = 0.02
    served: list[Served] = field(default_factory=list)

    listen: Callable[[], socket.socket] = lambda: socket.create_server(("127.0.0.1", 0), backlog=512)

    def __enter__(self) -> "TokenServer":
        self._listener = self.listen()
        self.address: tuple[str, int] = self._listener.getsockname()
        self._threads: list[threading.Thread] = []
        self._stop = threading.Event()
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(5)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            served = Served()
            self.served.append(served)
            thread = threading.Thread(target=self._serve, args=(peer, served), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, peer: socket.socket, served: Served) -> None:
        with peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                if not peer.recv(100):
                    served.ended = "peer_left"
                    return
                for number in range(self.count):
                    peer.sendall(line(number))
                    served.written += 1
                    readable, _, _ = select.select([peer], [], [], self.gap_s)
                    if self._stop.is_set() or (readable and not peer.recv(100)):
                        served.ended = "peer_left"
                        return
                served.ended = "finished"
            except OSError:
                served.ended = "reset"
            finally:
                served.ended_ns = time.perf_counter_ns()


def line(number: int) -> bytes:
    return f"token {number:<25}\n".encode()


@dataclass
class Seen:
    """One connection as its reader saw it."""

    data: bytes = b""
    ended: str = "open"  # eof, reset, refused, idle
    stamps_ns: list[int] = field(default_factory=list)

    @property
    def whole_lines(self) -> int:
        return len(self.data) // 32

    @property
    def intact(self) -> bool:
        """What arrived is a prefix of what a server writes."""
        wanted = b"".join(line(number) for number in range(self.whole_lines + 1))
        return wanted.startswith(self.data)

    @property
    def gaps_s(self) -> list[float]:
        return [(b - a) / 1e9 for a, b in zip(self.stamps_ns, self.stamps_ns[1:], strict=False)]


class Reader(threading.Thread):
    """Asks once and reads to the end, or until nothing came for `idle_s`."""

    def __init__(
        self,
        address: tuple[str, int],
        idle_s: float = 10.0,
        enter: Callable[[], None] = lambda: None,
        question: bytes = b"go\n",
    ) -> None:
        super().__init__(daemon=True)
        self.seen = Seen()
        self._address, self._idle_s, self._enter, self._question = address, idle_s, enter, question
        self.start()

    def run(self) -> None:
        self._enter()
        try:
            with socket.create_connection(self._address, timeout=self._idle_s) as connection:
                connection.sendall(self._question)
                while data := connection.recv(65536):
                    self.seen.data += data
                    self.seen.stamps_ns.append(time.perf_counter_ns())
            self.seen.ended = "eof"
        except ConnectionRefusedError:
            self.seen.ended = "refused"
        except TimeoutError:
            self.seen.ended = "idle"
        except ConnectionError:
            self.seen.ended = "reset"

    def result(self) -> Seen:
        self.join(30)
        assert not self.is_alive()
        return self.seen


def wait_for(condition, limit_s: float = 10.0) -> None:
    """Poll until `condition()`; fails after `limit_s`."""
    until = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < until, "what the test waits for did not happen"
        time.sleep(0.01)


def leave_abruptly(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
