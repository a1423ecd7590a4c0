"""One client and its upstream: two sockets, two links, and how each end of one reaches the other."""

import asyncio
import random
import socket
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.network.builtin.link import Link

if TYPE_CHECKING:
    from harness.network.builtin.proxy import Proxy

SOCKET_BUFFER = 128 * 1024  # asked for each socket; a kernel doubles it

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Side(asyncio.Protocol):
    """One socket. Its bytes feed `out`; `into` is the link that writes to it."""

    out: Link
    into: Link

    def __init__(self, connection: "Connection") -> None:
        self.connection = connection
        self.transport: asyncio.Transport | None = None
        self.read_ended = self.write_ended = self.lost = False
        self.paused_by_peer = self.reading_paused = False
        self.unsent: list[bytes] = []  # before there is a connection
        self.ended_at = 0.0
        self.how = ""  # its end as its peer made it: fin, reset; or `us`

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        handle = transport.get_extra_info("socket")
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            handle.setsockopt(socket.SOL_SOCKET, buffer, SOCKET_BUFFER)
        for data in self.unsent:
            transport.write(data)
        self.unsent.clear()
        self.connection.side_up(self)

    def data_received(self, data: bytes) -> None:
        self.out.feed(data)

    def eof_received(self) -> bool:
        self._read_end("fin")
        return True  # half of it may still be written to

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self._read_end("reset" if exc is not None else "us")
        self.write_ended = True
        self.connection.side_down()

    def pause_writing(self) -> None:
        self.paused_by_peer = True
        self.connection.adjust()

    def resume_writing(self) -> None:
        self.paused_by_peer = False
        self.connection.adjust()

    def _read_end(self, how: str) -> None:
        if not self.how:
            self.how, self.ended_at = how, self.connection.loop.time()
        if not self.read_ended:
            self.read_ended = True
            self.connection.source_ended(self)

    def write(self, data: bytes) -> None:
        if self.transport is None and not self.lost:
            self.unsent.append(data)  # a read that was already on its way when reading was paused
        elif self.transport is not None and not self.write_ended:
            self.transport.write(data)
        else:
            self.into.dropped(len(data))

    def reset_on_close(self) -> None:
        if self.transport is not None and not self.lost:
            handle = self.transport.get_extra_info("socket")
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)

    def close(self, rst: bool = False) -> None:
        """After what was written has left; a reset does not wait for a peer that does not read."""
        self.write_ended = True
        if not self.how:
            self.how, self.ended_at = "us", self.connection.loop.time()
        if self.transport is not None and not self.lost:
            if rst and self.paused_by_peer:
                self.transport.abort()
            else:
                self.transport.close()

    def set_reading(self, wanted: bool) -> None:
        if self.transport is None or self.lost or self.read_ended or wanted != self.reading_paused:
            return
        self.reading_paused = not wanted
        if wanted:
            self.transport.resume_reading()
        else:
            self.transport.pause_reading()


class Connection:
    """A client from its accept to the end of both sockets."""

    def __init__(self, proxy: "Proxy", number: int, rng: random.Random, done: Callable[..., None]) -> None:
        self.proxy, self.number, self.loop = proxy, number, proxy.loop
        self.client, self.server = Side(self), Side(self)
        self.opened_at, self.client_port = self.loop.time(), 0
        self._rng, self._done, self._over, self._closing = rng, done, False, False
        self._dialling: asyncio.Task[None] | None = None
        self.armed = any(toxic.type == "reset_peer" for toxic in proxy.toxics)
        self.upstream = self._link(rng, self.server, upstream=True)
        self.downstream = self._link(rng, self.client, upstream=False)
        self.client.out = self.server.into = self.upstream
        self.server.out = self.client.into = self.downstream

    def _link(self, rng: random.Random, target: Side, upstream: bool) -> Link:
        return Link(
            self.loop,
            random.Random(rng.random()),  # noqa: S311 - repeatable on purpose
            [toxic for toxic in self.proxy.toxics if toxic.upstream == upstream],
            write=target.write,
            finish=lambda forced: self._finish(target, forced),
            end_now=self.end,
            full_changed=self.adjust,
        )

    @property
    def links(self) -> tuple[Link, Link]:
        return self.upstream, self.downstream

    def side_up(self, side: Side) -> None:
        if self.armed:
            side.reset_on_close()
        if self._closing:  # the proxy was stopped while this socket was being set up
            side.close()
        elif side is self.client:
            assert side.transport is not None
            self.client_port = side.transport.get_extra_info("peername")[1]
            side.set_reading(False)
            self._dialling = self.loop.create_task(self._dial())

    async def _dial(self) -> None:
        """Clients are connected before their upstream is; each dials for itself."""
        try:
            await self._wait_before_dialling()
            host, port = self.proxy.upstream_address
            await self.loop.create_connection(lambda: self.server, host, port)
        except (OSError, ValueError):
            self.client.close()
            self.server.lost = True
            self.side_down()
            return
        if self.client.lost or self._over:
            self.server.close()
        elif self.upstream.ended:  # the client had nothing more to say before there was anybody to hear it
            self._finish(self.server, False)
        self.adjust()

    async def _wait_before_dialling(self) -> None:
        """`x_connect`: the client is accepted and its upstream dialled late; below 0, never."""
        for toxic in self.proxy.toxics:
            if toxic.type == "x_connect" and self._rng.random() < toxic.toxicity:
                delay_ms = toxic.values["delay"]
                await asyncio.sleep(delay_ms / 1000 if delay_ms >= 0 else 10**9)

    def adjust(self) -> None:
        """Read from a side only while its bytes have somewhere to go."""
        for source, link, target in (
            (self.client, self.upstream, self.server),
            (self.server, self.downstream, self.client),
        ):
            source.set_reading(target.transport is not None and not target.paused_by_peer and not link.full)

    def source_ended(self, side: Side) -> None:
        side.out.feed_end()
        self._close_what_is_finished()

    def _finish(self, target: Side, forced: bool) -> None:
        """Everything for `target` has been written. An end that a toxic made closes it whole."""
        source = self.server if target is self.client else self.client
        if forced or self.armed or target.read_ended or source.lost:
            target.close(rst=forced and self.armed)
            if not target.read_ended:
                target.read_ended = True
                self.source_ended(target)
        elif target.transport is not None and not target.lost:
            target.write_ended = True
            if target.transport.can_write_eof():
                target.transport.write_eof()
        self._close_what_is_finished()

    def _close_what_is_finished(self) -> None:
        for side in (self.client, self.server):
            if side.read_ended and side.write_ended and not side.lost:
                side.close()

    def end(self, rst: bool) -> None:
        """Close both sockets now, past all stages: everything that waits in them is dropped."""
        self._closing = True
        for side in (self.client, self.server):
            if rst:
                side.reset_on_close()
            side.read_ended = True
            side.close(rst=rst)

    def side_down(self) -> None:
        """One socket is gone; the connection is over when both are.

        A peer that closed looks like one that only stopped sending, until writing to it fails. Then the
        other side is closed too, once its own end has come through the stages.
        """
        for gone, other in ((self.client, self.server), (self.server, self.client)):
            if gone.lost and gone.out.ended and not other.lost:
                other.close()
        if self.client.lost and (self.server.lost or self.server.transport is None) and not self._over:
            self._over = True
            if self._dialling is not None and self.server.transport is None:
                self._dialling.cancel()
            for link in self.links:
                link.dropped(link.held)
                link.stop()
            self._done(self)

    def truth(self) -> dict[str, Any]:
        """What happened to it, for the log of connections. Times are seconds from its opening."""
        fault = next((link for link in self.links if link.fault_name), None)
        return {
            "proxy": self.proxy.name,
            "number": self.number,
            "client_port": self.client_port,
            "opened_s": round(self.opened_at, 6),
            "up_bytes": [self.upstream.received, self.upstream.sent],
            "down_bytes": [self.downstream.received, self.downstream.sent],
            "chunks": [self.upstream.chunks, self.downstream.chunks],
            "fault": fault.fault_name if fault else "",
            "fault_s": round(fault.fault_at - self.opened_at, 6) if fault else None,
            "client": {"how": self.client.how, "s": round(self.client.ended_at - self.opened_at, 6)},
            "server": {"how": self.server.how, "s": round(self.server.ended_at - self.opened_at, 6)},
            "dropped_bytes": self.upstream.bytes_dropped + self.downstream.bytes_dropped,
        }
