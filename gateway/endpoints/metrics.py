"""What the gateway has done, for Prometheus. Counts and times only: nothing of what was asked or answered."""

from aiohttp import web

from gateway.desk import Desk
from gateway.endpoints.endpoint import Endpoint
from gateway.metrics import CONTENT_TYPE
from gateway.note import Note


async def answer(desk: Desk, request: web.Request, note: Note) -> web.StreamResponse:
    body = desk.metrics.text(desk.limiter.queued).encode()
    return web.Response(body=body, headers={"content-type": CONTENT_TYPE})


ENDPOINT = Endpoint("metrics", (("GET", "/metrics"),), answer, asks=False)
