"""TLS over a non-blocking socket by memory buffers, so that reads keep the stamp of their bytes."""

import socket
import ssl
from contextlib import suppress
from functools import cache

from gevent.socket import wait_read, wait_write

from harness.transports.ending import Cause


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
        self._unsent = b""  # records that the kernel had no room for
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

    def send(self, data: bytes, limit_s: float | None = None) -> None:
        """Raises ConnectionError, or TimeoutError when the peer takes nothing for `limit_s`."""
        self._tls.write(data)
        self._flush(limit_s)

    def _flush(self, limit_s: float | None = None) -> None:
        while not self._send_now():
            wait_write(self._sock.fileno(), limit_s)

    def _send_now(self) -> bool:
        """Hand records to the kernel in their order, from whichever greenlet; True once none is left."""
        self._unsent += self._outgoing.read()
        while self._unsent:
            try:
                self._unsent = self._unsent[self._sock.send(self._unsent) :]
            except BlockingIOError:
                return False
        return True

    def decrypt(self, data: bytes) -> tuple[bytes, Cause | None]:
        """(plaintext that `data` completed, how the channel ended if it did). Runs in the hub."""
        self._incoming.write(data)
        pieces, ending = [], None
        try:
            while piece := self._tls.read(65536):
                pieces.append(piece)
            ending = Cause.EOF
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            ending = Cause.EOF
        except ssl.SSLError:  # an alert, or records that do not decrypt
            ending = Cause.RESET
        with suppress(OSError):  # what the peer's records asked for, e.g. a key update
            self._send_now()
        return b"".join(pieces), ending
