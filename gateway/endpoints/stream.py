"""The generic chat stream, in the browser's own words: a question in the query, an answer as events."""

from aiohttp import web

from gateway.asks import read_asked
from gateway.desk import Desk
from gateway.endpoints import accumulated
from gateway.endpoints.endpoint import Endpoint
from gateway.failure import Refused, bad_request
from gateway.note import Note
from gateway.voice import Voice
from harness.dialects import generic


async def answer(desk: Desk, request: web.Request, note: Note) -> web.StreamResponse:
    match request.query.get("shape", "delta"):
        case "accumulated":
            return await accumulated.answer(desk, request, note)
        case "delta":
            pass
        case other:
            raise Refused(bad_request(f"shape={other}: the shapes are delta and accumulated"))
    asked = await read_asked(request, desk.options.model)
    note.question(asked.ask)
    joined = desk.options.gateway.flush_ms > 0

    def voice(position: int) -> Voice:
        return desk.parts.voice(position, joined)

    return await desk.stream(request, asked, voice, note)


ENDPOINT = Endpoint("stream", (("GET", generic.DIALECT.path), ("POST", generic.DIALECT.path)), answer)
