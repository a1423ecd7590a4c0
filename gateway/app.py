"""The gateway as an application: every endpoint at its place, every question noted until it is over."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web

from gateway.desk import Desk
from gateway.endpoints import all_endpoints
from gateway.endpoints.endpoint import Endpoint
from gateway.failure import BROKEN, Refused
from gateway.note import outcome
from gateway.options import Options
from gateway.parts import Parts
from gateway.upstream import Upstream

_MAX_BODY = 16 << 20

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Gateway:
    """Endpoints over one upstream, out of `parts`. Serve it with `handler_cancellation` on, see `Desk`."""

    def __init__(self, upstream: Upstream, options: Options, parts: Parts | None = None) -> None:
        """Raises OSError where the store or the log cannot be written."""
        self._desk = Desk(parts or Parts(), upstream, options)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=_MAX_BODY)
        for endpoint in all_endpoints():
            handler: Handler = partial(self._question if endpoint.asks else self._other, endpoint)
            for method, path in endpoint.routes:
                app.router.add_route(method, path, handler)
        app.on_cleanup.append(self._close)
        return app

    async def drain(self, hurry: asyncio.Event) -> None:
        """Take no more questions, and return when those under way are over, if need be by cutting them."""
        await self._desk.draining.drain(self._desk.answers.cut, hurry)

    async def _close(self, _: web.Application) -> None:
        await self._desk.close()

    async def _question(self, endpoint: Endpoint, request: web.Request) -> web.StreamResponse:
        """Note it whatever becomes of it; if the client leaves, that is how this is cancelled."""
        desk, time = self._desk, asyncio.get_running_loop().time
        note = desk.parts.note(endpoint.name, time())
        desk.metrics.begin()
        try:
            with desk.draining.stream():
                try:
                    response = await endpoint.answer(desk, request, note)
                except Refused as error:
                    response = desk.parts.refusal(error.failure, endpoint.error_body(error.failure))
                    note.outcome = outcome(error.failure)
                note.status = response.status
                return response
        except Exception:
            note.status, note.outcome = note.status or BROKEN.status, BROKEN.code
            raise
        finally:
            note.over(time())
            desk.metrics.end(note)
            desk.log.write(desk.parts.line(note))

    async def _other(self, endpoint: Endpoint, request: web.Request) -> web.StreamResponse:
        desk = self._desk
        try:
            note = desk.parts.note(endpoint.name, 0.0)
            return await endpoint.answer(desk, request, note)
        except Refused as error:
            return desk.parts.refusal(error.failure, endpoint.error_body(error.failure))
