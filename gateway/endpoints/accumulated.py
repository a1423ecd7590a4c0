"""The generic chat stream with all of the text so far in every event, for clients that only ever replace."""

from aiohttp import web

from gateway import failure
from gateway.asks import read_asked
from gateway.desk import Desk
from gateway.endpoints.endpoint import Endpoint
from gateway.failure import Refused
from gateway.note import Note
from gateway.voice import Voice
from harness.dialects import generic_accumulated

_SHAPE = generic_accumulated.DIALECT


async def answer(desk: Desk, request: web.Request, note: Note) -> web.StreamResponse:
    asked = await read_asked(request, desk.options.model)
    note.question(asked.ask)
    if asked.last_event is not None:
        raise Refused(failure.NOT_HERE)  # the rest of an answer is no answer so far

    def voice(position: int) -> Voice:
        return desk.parts.voice(position, desk.options.gateway.flush_ms > 0, _SHAPE)

    return await desk.stream(request, asked, voice, note)


ENDPOINT = Endpoint("accumulated", (("GET", _SHAPE.path), ("POST", _SHAPE.path)), answer)
