"""The stop button: the user wants no more of an answer. Unlike a lost connection, that ends it at once."""

from aiohttp import web

from gateway import failure
from gateway.desk import Desk
from gateway.endpoints.endpoint import Endpoint
from gateway.failure import Refused
from gateway.note import Note
from harness.dialects import generic


async def answer(desk: Desk, request: web.Request, note: Note) -> web.StreamResponse:
    id, key = request.query.get("stream", ""), request.headers.get("authorization", "")
    if not desk.answers.stop(id, key):
        raise Refused(failure.UNKNOWN)
    return web.Response(status=204)


ENDPOINT = Endpoint("stop", (("POST", f"{generic.DIALECT.path}/stop"),), answer, asks=False)
