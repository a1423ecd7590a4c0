"""One proxy: where it listens, where it connects to, its toxics and its open connections."""

import asyncio
import errno
import ipaddress
import os
import random
import socket
from collections.abc import Callable
from typing import Any

from harness.network.builtin.connection import Connection
from harness.network.builtin.toxic import InstalledToxic

BACKLOG = 1024
ACCEPTS_AT_ONCE = 64


class ListenError(Exception):
    """A proxy cannot listen; the text is what the original says."""


class Proxy:
    """Stopped until `start`; `listen` then holds the real address."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        name: str,
        listen: str,
        upstream: str,
        seed: int,
        log: Callable[[dict[str, Any]], None],
    ) -> None:
        self.loop, self.name, self.listen, self.upstream = loop, name, listen, upstream
        self.toxics: list[InstalledToxic] = []
        self.connections: set[Connection] = set()
        self.accepted = 0
        self.bytes_received = {"upstream": 0, "downstream": 0}
        self.bytes_sent = {"upstream": 0, "downstream": 0}
        self._seed, self._log = seed, log
        self._socket: socket.socket | None = None
        self._opening: set[asyncio.Task[Any]] = set()

    @property
    def enabled(self) -> bool:
        return self._socket is not None

    @property
    def upstream_address(self) -> tuple[str, int]:
        """Raises ValueError for an address that nobody could dial; only then is it looked at."""
        host, _, port = self.upstream.rpartition(":")
        return host.strip("[]"), int(port)

    def start(self) -> None:
        """Listen. Raises ListenError."""
        if self._socket is None:
            self._socket = open_listener(self.listen)
            self.listen = _shown(self._socket)
            self.loop.add_reader(self._socket, self._accept, self._socket)

    def stop(self) -> None:
        """Stop listening and close what is open: by FIN, or by RST where a reset was armed."""
        if self._socket is not None:
            self.loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        for connection in list(self.connections):
            connection.end(rst=connection.armed)

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(ACCEPTS_AT_ONCE):
            try:
                client, _ = listener.accept()
            except OSError:
                return
            client.setblocking(False)
            self.accepted += 1
            # One generator a connection, whatever the order in which their chunks are read.
            rng = random.Random(f"{self._seed}/{self.name}/{self.accepted}")  # noqa: S311
            connection = Connection(self, self.accepted, rng, self._over)
            self.connections.add(connection)
            task = self.loop.create_task(self._open(connection, client))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open(self, connection: Connection, client: socket.socket) -> None:
        try:
            await self.loop.connect_accepted_socket(lambda: connection.client, client)
        except OSError:
            self.connections.discard(connection)
            client.close()

    def _over(self, connection: Connection) -> None:
        self.connections.discard(connection)
        for direction, link in zip(("upstream", "downstream"), connection.links, strict=True):
            self.bytes_received[direction] += link.received
            self.bytes_sent[direction] += link.sent
        self._log(connection.truth())

    def toxic(self, name: str) -> InstalledToxic | None:
        return next((toxic for toxic in self.toxics if toxic.name == name), None)

    def shown_toxics(self) -> list[InstalledToxic]:
        """Upstream first, each stream in order of creation."""
        return [t for t in self.toxics if t.upstream] + [t for t in self.toxics if not t.upstream]

    def add(self, toxic: InstalledToxic) -> None:
        self.toxics.append(toxic)
        for connection in list(self.connections):
            self._link(connection, toxic).install(toxic)

    def changed(self, toxic: InstalledToxic) -> None:
        for connection in list(self.connections):
            self._link(connection, toxic).change(toxic)

    def remove(self, toxic: InstalledToxic) -> None:
        self.toxics.remove(toxic)
        for connection in list(self.connections):
            self._link(connection, toxic).remove(toxic.name)

    @staticmethod
    def _link(connection: Connection, toxic: InstalledToxic) -> Any:
        return connection.upstream if toxic.upstream else connection.downstream

    def shown(self) -> dict[str, Any]:
        """As the API answers it, keys in the original's order."""
        return {
            "name": self.name,
            "listen": self.listen,
            "upstream": self.upstream,
            "enabled": self.enabled,
            "Logger": {},
            "toxics": [toxic.shown() for toxic in self.shown_toxics()],
        }


def split_address(address: str) -> tuple[str, int]:
    """(host, port) of "host:port"; an empty address is any port of any interface. Raises ListenError."""
    if not address:
        return "", 0
    host, colon, port = address.rpartition(":")
    if not colon:
        raise ListenError(f"listen tcp: address {address}: missing port in address")
    if not port.isdigit() or int(port) > 65535:
        raise ListenError(f"listen tcp: address {port}: invalid port")
    return host.strip("[]"), int(port)


def resolved(address: str) -> str:
    """The address with its host looked up, to compare two that are spelled differently."""
    try:
        host, port = split_address(address)
        family, _, _, _, found = socket.getaddrinfo(host or "::", port, type=socket.SOCK_STREAM)[0]
    except (ListenError, OSError):
        return address
    return f"[{found[0]}]:{port}" if family == socket.AF_INET6 else f"{found[0]}:{port}"


def open_listener(address: str) -> socket.socket:
    """A listening socket that does not block. Raises ListenError in the original's words."""
    host, port = split_address(address)
    try:
        return _bind(host, port)
    except OSError as error:
        shown = f"[{host}]:{port}" if ":" in host else f"{_literal(host)}:{port}"
        if isinstance(error, socket.gaierror):
            raise ListenError(f"listen tcp: lookup {host}: no such host") from None
        words = os.strerror(error.errno or errno.EINVAL).lower()
        raise ListenError(f"listen tcp {shown}: bind: {words}") from None


def _literal(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return resolved(f"{host}:0").rpartition(":")[0] if host else ""


def _bind(host: str, port: int) -> socket.socket:
    if not host and socket.has_dualstack_ipv6():
        listener = socket.create_server(
            ("", port), family=socket.AF_INET6, backlog=BACKLOG, dualstack_ipv6=True
        )
    else:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    listener.setblocking(False)
    return listener


def _shown(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if listener.family == socket.AF_INET6 else f"{host}:{port}"
