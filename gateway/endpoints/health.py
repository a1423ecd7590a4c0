"""Whether questions are taken: a load balancer stops sending them to a gateway that is about to stop."""

from aiohttp import web

from gateway.desk import Desk
from gateway.endpoints.endpoint import Endpoint
from gateway.note import Note


async def answer(desk: Desk, request: web.Request, note: Note) -> web.StreamResponse:
    if desk.draining.begun:
        return web.json_response({"ok": False, "draining": True}, status=503)
    return web.json_response({"ok": True})


ENDPOINT = Endpoint("health", (("GET", "/healthz"),), answer, asks=False)
