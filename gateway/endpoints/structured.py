"""A JSON answer by one of three patterns: its text as it comes, or only what is complete of it."""

from typing import Any

import msgspec
from aiohttp import web

from gateway import failure
from gateway.asks import read_asked
from gateway.bodies import body_of
from gateway.desk import Desk, Speaker
from gateway.endpoints.endpoint import Endpoint
from gateway.failure import Refused, bad_request
from gateway.note import Note
from gateway.structured_voice import Pattern
from harness.dialects.events import UNREADABLE


class _Wishes(msgspec.Struct):
    """What the body says beside the question."""

    pattern: Pattern = "raw"
    schema: dict[str, Any] | None = None


async def answer(desk: Desk, request: web.Request, note: Note) -> web.StreamResponse:
    asked = await read_asked(request, desk.options.model)
    note.question(asked.ask)
    try:
        wishes = msgspec.json.decode(await body_of(request), type=_Wishes)
    except UNREADABLE as error:
        raise Refused(bad_request(f"send pattern (raw, fields or events) and schema: {error}")) from error
    if asked.last_event is not None and wishes.pattern != "raw":
        raise Refused(failure.NOT_HERE)  # half a text cannot be parsed
    if asked.ask is not None and wishes.schema is not None:
        asked = msgspec.structs.replace(asked, ask=msgspec.structs.replace(asked.ask, schema=wishes.schema))
    parts, joined = desk.parts, desk.options.gateway.flush_ms > 0

    def voice(position: int) -> Speaker:
        if wishes.pattern == "raw":
            return parts.voice(position, joined)
        return parts.structured(wishes.pattern, parts.fields(), parts.voice(0, joined))

    return await desk.stream(request, asked, voice, note)


ENDPOINT = Endpoint("structured", (("POST", "/api/chat/structured"),), answer)
