"""An answer of which nothing is shown before all of it has been cleared; heartbeats until then."""

from aiohttp import web

from gateway import failure
from gateway.asks import read_asked
from gateway.desk import Desk
from gateway.endpoints.endpoint import Endpoint
from gateway.failure import Refused
from gateway.moderated_voice import ModeratedVoice
from gateway.note import Note

_PATH = "/api/chat/moderated"


async def answer(desk: Desk, request: web.Request, note: Note) -> web.StreamResponse:
    asked = await read_asked(request, desk.options.model)
    note.question(asked.ask)
    if asked.last_event is not None:
        raise Refused(failure.NOT_HERE)  # it is cleared as a whole
    parts, moderation = desk.parts, desk.parts.moderation(desk.options.gateway)

    def voice(position: int) -> ModeratedVoice:
        return parts.moderated(parts.voice(0, desk.options.gateway.flush_ms > 0), moderation)

    return await desk.stream(request, asked, voice, note)


ENDPOINT = Endpoint("moderated", (("GET", _PATH), ("POST", _PATH)), answer)
