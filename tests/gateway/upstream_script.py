"""An upstream that does exactly what a test says, byte by byte, and tells when its peer has left."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST instead of FIN."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


class Peer:
    """One connection of the gateway, after its request has come whole."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.request = b""

    async def next_request(self) -> None:
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        self.request = head + await self._reader.readexactly(int(length.split(b":")[1]))

    async def send(self, *pieces: bytes) -> None:
        """Write each piece on its own; the gateway's loop runs in between, so that reads are cut there."""
        for piece in pieces:
            self._writer.write(piece)
            await self._writer.drain()
            for _ in range(5):
                await asyncio.sleep(0)

    async def left(self) -> None:
        """Return when the gateway has closed the connection."""
        try:
            while await self._reader.read(1024):
                pass
        except ConnectionResetError:
            pass

    def reset(self) -> None:
        reset(self._writer)


Script = Callable[[Peer], Awaitable[None]]


@asynccontextmanager
async def upstream(script: Script) -> AsyncIterator[str]:
    """The address of a server that plays `script` once for each connection and then closes it."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            peer = Peer(reader, writer)
            await peer.next_request()
            await script(peer)
        finally:
            writer.close()

    server = await asyncio.start_server(play, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
