"""Where a base URL leads, and an open connection to it."""

import errno
import socket
import ssl
import struct
from contextlib import suppress
from urllib.parse import urlsplit

import gevent
import gevent.socket
import msgspec

from harness.transports.ending import Cause
from harness.transports.kernel_stamps import RawSocket, request_stamps
from harness.transports.tls import TlsChannel

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


class ConnectFailed(Exception):
    """No connection could be made; `cause` says whether it was refused or took too long."""

    def __init__(self, cause: Cause, message: str) -> None:
        super().__init__(message)
        self.cause, self.message = cause, message


class Connection:
    """An open connection, handed from stream to stream while it is kept alive."""

    def __init__(self, sock: socket.socket, tls: TlsChannel | None) -> None:
        self.sock, self.tls = sock, tls

    def send(self, data: bytes, limit_s: float) -> None:
        """Hand all of `data` to the kernel.

        Raises ConnectionError, or TimeoutError when the peer takes nothing for `limit_s`.
        """
        if self.tls is not None:
            self.tls.send(data, limit_s)
            return
        view = memoryview(data)
        while view:
            try:
                view = view[self.sock.send(view) :]
            except BlockingIOError:
                gevent.socket.wait_write(self.sock.fileno(), limit_s)

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


def connect(address: Address, limit_s: float, verify_tls: bool) -> Connection:
    """Resolve, connect and shake hands within `limit_s`, in the calling greenlet. Raises ConnectFailed."""
    sock: socket.socket | None = None
    place = f"{address.host}:{address.port}"
    timeout = gevent.Timeout(limit_s)
    timeout.start()
    try:
        cooperative = gevent.socket.create_connection((address.host, address.port))
        sock = RawSocket(fileno=cooperative.detach())
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request_stamps(sock)
        tls = TlsChannel(sock, address.host, verify_tls) if address.tls else None
        if tls is not None:
            tls.handshake()
        return Connection(sock, tls)
    except BaseException as error:
        if sock is not None:
            sock.close()
        if error is timeout:
            message = f"no connection to {place} within {limit_s:g} s"
            raise ConnectFailed(Cause.TIMEOUT_CONNECT, message) from None
        if isinstance(error, OSError):
            raise ConnectFailed(Cause.REFUSED, f"{_name(error)} connecting to {place}") from None
        raise
    finally:
        timeout.close()


def _name(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or 'failed'}"
    return errno.errorcode.get(error.errno or 0, error.strerror or type(error).__name__)
