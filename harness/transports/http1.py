"""HTTP/1.1 from a simulated user: connect, send, be woken at the end."""

import errno
import socket
import ssl
import struct
from contextlib import suppress
from urllib.parse import urlsplit

import gevent
import gevent.socket
import msgspec

from harness import clock
from harness.dialects.dialect import Dialect, HttpRequest
from harness.plan.target import Limits
from harness.record import StreamRecord
from harness.transports.kernel_stamps import KernelClock, RawSocket, request_stamps
from harness.transports.leaving import Leaving
from harness.transports.reception import Cause, Reception
from harness.transports.sweep import Sweep
from harness.transports.tls import TlsChannel
from harness.transports.watch import Feed, Watch

_LINGER_RST = struct.pack("ii", 1, 0)


class Address(msgspec.Struct, frozen=True):
    """Where a base URL leads."""

    host: str
    port: int
    tls: bool = False

    @classmethod
    def of(cls, url: str) -> "Address":
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        return cls(parts.hostname or "127.0.0.1", parts.port or (443 if tls else 80), tls)


class Connection:
    """An open connection, handed from stream to stream while it is kept alive."""

    def __init__(self, sock: socket.socket, tls: TlsChannel | None) -> None:
        self.sock, self.tls = sock, tls

    def send(self, data: bytes) -> None:
        """Hand all of `data` to the kernel. Raises ConnectionError."""
        if self.tls is not None:
            self.tls.send(data)
            return
        view = memoryview(data)
        while view:
            try:
                view = view[self.sock.send(view) :]
            except BlockingIOError:
                gevent.socket.wait_write(self.sock.fileno())

    @property
    def stale(self) -> bool:
        """Whether the idle connection has been closed, or has bytes that nobody asked for."""
        try:
            self.sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def close(self, rst: bool = False) -> None:
        """FIN, unless bytes lie unread, which the kernel answers with RST; or RST on purpose."""
        with suppress(OSError):
            if rst:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RST)
            else:
                self._drain()
                self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            for _ in range(64):
                if not self.sock.recv(65536):
                    return


class Http1Client:
    """One user's connections: at most one idle connection an address, none when `pooled` is off."""

    def __init__(
        self, limits: Limits, sweep: Sweep, kernel: KernelClock, pooled: bool = True, verify_tls: bool = True
    ) -> None:
        self._limits, self._sweep, self._kernel = limits, sweep, kernel
        self._pooled, self._verify = pooled, verify_tls
        self._idle: dict[Address, Connection] = {}

    def exchange(
        self,
        address: Address,
        request: HttpRequest,
        reception: Reception,
        dialect: Dialect,
        leaving: Leaving | None = None,
    ) -> None:
        """Send `request`, receive until an ending has a name, and settle the record with it.

        Returns normally for every ending of the stream; GreenletExit (the run ended) passes through after
        the record is settled. Anything else that is raised is a bug.
        """
        record = reception.record
        connection: Connection | None = None
        watch: Watch | None = None
        cause: Cause = Cause.RUN_ENDED
        try:
            try:
                connection = self._connect(address, record)
            except _ConnectFailed as failed:
                cause, record.error = failed.cause, failed.message
                return
            feed = reception.feed if connection.tls is None else _decrypting(connection.tls, reception.feed)
            watch = Watch(connection.sock, feed, self._kernel, clock.now())
            try:
                connection.send(_wire(request, address, self._pooled))
            except OSError:
                cause = Cause.RESET
                return
            record.sent_ns = clock.now()
            self._sweep.add(record, watch, self._limits, leaving)
            cause = watch.ended.get()
            if cause is Cause.LEFT and leaving is not None and leaving.stop_reading:
                gevent.sleep(self._limits.idle_s)  # frozen: the connection stays open and nobody reads it
        finally:
            closed_ns = clock.now()
            if watch is not None:
                watch.close()
                record.stamps_kernel, record.stamps_absent, record.stamps_implausible = watch.sources
                if cause in (Cause.HTTP_END, Cause.EOF, Cause.RESET):
                    closed_ns = watch.last_ns  # when it arrived, not when we woke
                self._sweep.remove(watch)
            reception.settle(cause, closed_ns, dialect)
            if connection is not None:
                self._release(address, connection, reception, cause, leaving)

    def close(self) -> None:
        """Close the idle connections."""
        for connection in self._idle.values():
            connection.close()
        self._idle.clear()

    def _connect(self, address: Address, record: StreamRecord) -> Connection:
        idle = self._idle.pop(address, None)
        if idle is not None and not idle.stale:
            record.connection = "pooled"
            record.connected_ns = clock.now()
            return idle
        if idle is not None:
            idle.close()
        record.connection = "new"
        connection = self._open(address)
        record.connected_ns = clock.now()
        return connection

    def _open(self, address: Address) -> Connection:
        sock: socket.socket | None = None
        timeout = gevent.Timeout(self._limits.connect_s)
        timeout.start()
        try:
            cooperative = gevent.socket.create_connection((address.host, address.port))
            cooperative.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock = RawSocket(fileno=cooperative.detach())
            sock.setblocking(False)
            request_stamps(sock)
            tls = TlsChannel(sock, address.host, self._verify) if address.tls else None
            if tls is not None:
                tls.handshake()
            return Connection(sock, tls)
        except gevent.Timeout as expired:
            if expired is not timeout:
                raise
            message = f"no connection to {address.host}:{address.port} within {self._limits.connect_s} s"
            raise _ConnectFailed(sock, Cause.TIMEOUT_CONNECT, message) from None
        except (OSError, ssl.SSLError) as error:
            code = errno.errorcode.get(error.errno or 0, type(error).__name__)
            message = f"{code} connecting to {address.host}:{address.port}"
            raise _ConnectFailed(sock, Cause.REFUSED, message) from None
        finally:
            timeout.close()

    def _release(
        self,
        address: Address,
        connection: Connection,
        reception: Reception,
        cause: Cause,
        leaving: Leaving | None,
    ) -> None:
        if self._pooled and cause is Cause.HTTP_END and reception.keep_alive:
            self._idle[address] = connection
            return
        connection.close(rst=cause is Cause.LEFT and leaving is not None and leaving.rst)


class _ConnectFailed(Exception):
    def __init__(self, sock: socket.socket | None, cause: Cause, message: str) -> None:
        super().__init__(message)
        self.cause, self.message = cause, message
        if sock is not None:
            sock.close()


def _decrypting(tls: TlsChannel, feed: Feed) -> Feed:
    def feed_plain(data: bytes, stamp_ns: int, lag_ns: int) -> Cause | None:
        if not data:
            return feed(b"", stamp_ns, lag_ns)
        plain, closed = tls.decrypt(data)
        cause = feed(plain, stamp_ns, lag_ns) if plain else None
        return feed(b"", stamp_ns, lag_ns) if cause is None and closed else cause

    return feed_plain


def _wire(request: HttpRequest, address: Address, keep_alive: bool) -> bytes:
    host = f"[{address.host}]" if ":" in address.host else address.host
    default = 443 if address.tls else 80
    lines = [
        f"{request.method} {request.path} HTTP/1.1",
        f"host: {host}" + (f":{address.port}" if address.port != default else ""),
        "accept: text/event-stream",
        "accept-encoding: identity",
        "user-agent: streamproof",
        "connection: " + ("keep-alive" if keep_alive else "close"),
        *(f"{name}: {value}" for name, value in request.headers.items()),
    ]
    if request.body:
        lines.append(f"content-length: {len(request.body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + request.body
