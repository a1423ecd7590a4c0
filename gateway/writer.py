"""The user's end of a stream: what is written leaves at once."""

import asyncio

from aiohttp import web

from gateway.coding import Coding
from gateway.note import LEFT_STATUS

_ROOM = 32 << 10  # with less in a connection's buffer a write cannot have to wait


class ClientLeft(Exception):
    """The user's connection is gone, or its user has stopped reading for too long."""


class Writer:
    """Writes one response. All methods but `abort` raise ClientLeft."""

    def __init__(self, request: web.Request, coding: Coding, limit_s: float) -> None:
        """`limit_s` bounds the wait for a user who does not read."""
        self._request, self._coding, self._limit_s = request, coding, limit_s
        self._response: web.StreamResponse | None = None

    @property
    def response(self) -> web.StreamResponse:
        """What was begun; where nothing was, something for nobody to receive."""
        return self._response or web.Response(status=LEFT_STATUS)

    async def open(self, headers: dict[str, str]) -> None:
        """Send the head."""
        if self._coding.name:
            headers = {**headers, "content-encoding": self._coding.name, "vary": "accept-encoding"}
        response = web.StreamResponse(headers=headers)
        try:
            await response.prepare(self._request)
        except ConnectionResetError as error:
            raise ClientLeft from error
        self._response = response

    async def write(self, data: bytes) -> None:
        """Send whole events. Returns when the connection has taken them."""
        await self._write(self._coding.feed(data))

    async def close(self) -> None:
        """The stream is over, and complete as HTTP."""
        assert self._response is not None
        if last := self._coding.end():
            await self._write(last)
        try:
            async with asyncio.timeout(self._limit_s):
                await self._response.write_eof()
        except (ConnectionResetError, TimeoutError) as error:
            raise ClientLeft from error

    def abort(self) -> None:
        """Drop the connection, so that nobody takes what was sent for whole."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def _write(self, data: bytes) -> None:
        response, transport = self._response, self._request.transport
        assert response is not None
        try:
            if transport is not None and transport.get_write_buffer_size() + len(data) < _ROOM:
                await response.write(
                    data
                )  # cannot wait, so it needs no time limit, which costs as much again
            else:
                async with asyncio.timeout(self._limit_s):
                    await response.write(data)
        except (ConnectionResetError, TimeoutError) as error:
            raise ClientLeft from error
