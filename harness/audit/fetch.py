"""One small HTTP request and its whole answer: to the mock's operator side, metrics, buttons.

On our own connections, under gevent, so that the streams that are being measured go on meanwhile.
"""

from urllib.parse import urlsplit

import gevent
import gevent.socket
import msgspec

from harness.transports.connection import Address, ConnectFailed, Connection, connect
from harness.transports.ending import Cause
from harness.wire.frame import WireError
from harness.wire.http1 import ResponseReader

_READ = 65536
_MOST = 256 << 20


class FetchFailed(Exception):
    """No answer; the text says why."""


class Answer(msgspec.Struct, frozen=True):
    """A whole response."""

    status: int
    headers: dict[str, str]
    body: bytes


def fetch(
    method: str,
    url: str,
    *,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    limit_s: float = 10.0,
    verify_tls: bool = True,
) -> Answer:
    """Ask `url`, in the calling greenlet. Raises FetchFailed, also after `limit_s`."""
    parts, address = urlsplit(url), Address.of(url)
    connection: Connection | None = None
    timeout = gevent.Timeout(limit_s)
    timeout.start()
    try:
        connection = connect(address, limit_s, verify_tls)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.send(_request(method, path, parts.netloc, headers or {}, body), limit_s)
        return _read(connection)
    except gevent.Timeout as error:
        if error is not timeout:
            raise
        raise FetchFailed(f"no answer from {url} within {limit_s:g} s") from None
    except ConnectFailed as failed:
        raise FetchFailed(failed.message) from None
    except (OSError, WireError) as error:
        raise FetchFailed(f"{url}: {error}") from None
    finally:
        timeout.close()
        if connection is not None:
            connection.close()


def _request(method: str, path: str, host: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"host: {host}", "connection: close", "user-agent: streamproof"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method in ("POST", "PUT"):
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _read(connection: Connection) -> Answer:
    reader, body = ResponseReader(), bytearray()
    while not reader.message_complete:
        data, ended = _some(connection)
        if data:
            for piece in reader.feed(data):
                body += piece
        if len(body) > _MOST:
            raise OSError(f"the answer is larger than {_MOST} bytes")
        if ended and not reader.message_complete:
            if not reader.eof():
                raise OSError("the connection ended before the answer did")
            break
    return Answer(reader.status, reader.headers, bytes(body))


def _some(connection: Connection) -> tuple[bytes, bool]:
    """(what came, whether the connection has ended)."""
    while True:
        try:
            data = connection.sock.recv(_READ)
            break
        except BlockingIOError:
            gevent.socket.wait_read(connection.sock.fileno())
    if not data or connection.tls is None:
        return data, not data
    plain, ending = connection.tls.decrypt(data)
    if ending is Cause.RESET:
        raise ConnectionResetError("TLS failed")
    return plain, ending is not None
