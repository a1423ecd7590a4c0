"""TLS over a non-blocking socket by memory buffers, so that reads keep the stamp of their bytes."""

import socket
import ssl
from functools import cache

from gevent.socket import wait_read, wait_write


@cache
def context(verify: bool) -> ssl.SSLContext:
    """One context for all connections; building one costs 40 ms."""
    made = ssl.create_default_context()
    if not verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


class TlsChannel:
    """The TLS state of one connection."""

    def __init__(self, sock: socket.socket, host: str, verify: bool) -> None:
        self._sock = sock
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context(verify).wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    def handshake(self) -> None:
        """Shake hands in the calling greenlet. Raises ssl.SSLError or ConnectionError."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                wait_read(self._sock.fileno())
                data = self._sock.recv(65536)
                if not data:
                    raise ConnectionResetError("the peer closed during the TLS handshake") from None
                self._incoming.write(data)
            else:
                self._flush()
                return

    def send(self, data: bytes) -> None:
        self._tls.write(data)
        self._flush()

    def _flush(self) -> None:
        pending = self._outgoing.read()
        while pending:
            try:
                pending = pending[self._sock.send(pending) :]
            except BlockingIOError:
                wait_write(self._sock.fileno())

    def decrypt(self, data: bytes) -> tuple[bytes, bool]:
        """(plaintext that `data` completed, whether the peer closed the channel). Runs in the hub."""
        self._incoming.write(data)
        pieces = []
        try:
            while piece := self._tls.read(65536):
                pieces.append(piece)
        except ssl.SSLWantReadError:
            return b"".join(pieces), False
        except ssl.SSLZeroReturnError:
            pass
        return b"".join(pieces), True
