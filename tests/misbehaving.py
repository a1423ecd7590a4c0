"""A server that plays scripts of bytes, pauses and deaths, for tests of clients on real sockets.

    with Misbehaving([head(chunked=True), chunk(b"data: A\\n\\n"), Fin()]) as server:
        ...  # connect to server.port

Each connection plays the next script, the last one for all that follow. A script begins when a whole
request has been read. Where a script ends without a death, the server waits for the client to leave.
"""

import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

PATIENCE_S = 10.0  # for a client that neither sends nor leaves; only a broken test waits that long
LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True)
class Pause:
    """Nothing for a while; ends early when the server stops."""

    seconds: float


@dataclass(frozen=True)
class Fin:
    """A clean TCP close, whatever HTTP would say of it."""


@dataclass(frozen=True)
class Rst:
    """A TCP reset. The client gets a moment to read what came before, for a reset may overtake data."""

    after_s: float = 0.05


@dataclass(frozen=True)
class NextRequest:
    """Read another request on the same connection before going on."""


@dataclass(frozen=True)
class Before:
    """The rest of the script is played before any request is read."""


Step = bytes | Pause | Fin | Rst | NextRequest | Before


def head(status: int = 200, *, chunked: bool = False, length: int | None = None, **headers: str) -> bytes:
    """A response head; without `chunked` or `length` the body ends with the connection."""
    fields = {"content_type": "text/event-stream"} | headers
    if chunked:
        fields["transfer_encoding"] = "chunked"
    if length is not None:
        fields["content_length"] = str(length)
    lines = [f"HTTP/1.1 {status} X", *(f"{name.replace('_', '-')}: {text}" for name, text in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def chunk(data: bytes) -> bytes:
    """`data` as one chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def one_by_one(data: bytes) -> Iterator[bytes]:
    """Steps that write every byte by itself."""
    return (data[at : at + 1] for at in range(len(data)))


def certificate(folder: Path) -> tuple[Path, Path]:
    """(certificate, key) for 127.0.0.1, made with the openssl command."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-keyout", str(key), "-out", str(cert), "-subj", "/CN=streamproof test", "-days", "2"]
    subprocess.run(
        [*command, "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"], check=True, capture_output=True
    )
    return cert, key


class Misbehaving:
    """`requests` holds the raw requests in order; `left` how each client went: `fin`, `rst` or `server`,
    in the order of leaving; `connections` how many came."""

    def __init__(self, *scripts: Sequence[Step], tls: tuple[Path, Path] | None = None) -> None:
        self._scripts = scripts
        self._tls = tls
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._listener.settimeout(0.05)
        self.host, self.port = self._listener.getsockname()
        self.url = f"{'https' if tls else 'http'}://{self.host}:{self.port}"
        self.requests: list[bytes] = []
        self.left: list[str] = []
        self._someone_left = threading.Condition()
        self.connections = 0

    def __enter__(self) -> "Misbehaving":
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)
        self._listener.close()

    def wait_left(self, count: int = 1) -> list[str]:
        """`left`, once that many clients have gone."""
        with self._someone_left:
            assert self._someone_left.wait_for(lambda: len(self.left) >= count, PATIENCE_S), self.left
        return self.left

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stop.is_set():
            with suppress(TimeoutError):
                peer, _ = self._listener.accept()
                script = self._scripts[min(self.connections, len(self._scripts) - 1)]
                self.connections += 1
                self._start(self._serve, peer, script)

    def _serve(self, peer: socket.socket, script: Sequence[Step]) -> None:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.settimeout(PATIENCE_S)
        try:
            if self._tls is not None:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*self._tls)
                peer = context.wrap_socket(peer, server_side=True)
            if not (script and isinstance(script[0], Before)):
                self._read_request(peer)
            how = next((how for step in script if (how := self._play(peer, step))), "") or self._wait(peer)
        except OSError as error:
            how = "fin" if isinstance(error, BrokenPipeError | ssl.SSLError) else "rst"
        peer.close()
        with self._someone_left:
            self.left.append(how)
            self._someone_left.notify_all()

    def _play(self, peer: socket.socket, step: Step) -> str:
        match step:
            case bytes():
                peer.sendall(step)
            case Pause(seconds):
                self._stop.wait(seconds)
            case NextRequest():
                self._read_request(peer)
            case Fin():
                # The read side stays open until the client has gone: closing over unread bytes is a reset.
                peer.shutdown(socket.SHUT_WR)
                self._wait(peer)
                return "server"
            case Rst(after_s):
                self._stop.wait(after_s)
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return "server"
        return ""

    def _wait(self, peer: socket.socket) -> str:
        """Until the client leaves or the server stops."""
        peer.settimeout(0.05)
        while not self._stop.is_set():
            with suppress(TimeoutError):
                if not peer.recv(65536):
                    return "fin"
        return "server"

    def _read_request(self, peer: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more(peer)
        size = next(
            (
                int(line.split(b":")[1])
                for line in data.split(b"\r\n")
                if line.lower().startswith(b"content-length:")
            ),
            0,
        )
        while len(data) < data.index(b"\r\n\r\n") + 4 + size:
            data += self._more(peer)
        self.requests.append(data)

    def _more(self, peer: socket.socket) -> bytes:
        found = peer.recv(65536)
        if not found:
            raise BrokenPipeError("the client left before its request was whole")
        return found
