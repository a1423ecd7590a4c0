"""What there is of an answer, whole or broken off: text that was paid for is not lost with a connection."""

import msgspec
from aiohttp import web

from gateway import failure
from gateway.answers import CLEARED_FIRST
from gateway.desk import Desk
from gateway.endpoints.endpoint import Endpoint
from gateway.failure import Refused
from gateway.generation import Generation
from gateway.kept import Kept
from gateway.note import Note, outcome
from harness.dialects.events import Kind


async def answer(desk: Desk, request: web.Request, note: Note) -> web.StreamResponse:
    id, key = request.query.get("stream", ""), request.headers.get("authorization", "")
    found = desk.answers.find(id, None, key)
    if found is None:
        raise Refused(failure.UNKNOWN)
    under_way = isinstance(found, Generation) and not found.over
    kept = found.kept() if isinstance(found, Generation) else found
    if kept.endpoint == CLEARED_FIRST and (under_way or not _cleared(desk, kept)):
        kept = msgspec.structs.replace(kept, pieces=[])  # what nobody may hear nobody may read
    body = {
        "stream": id,
        "outcome": "under_way" if under_way else outcome(kept.failure),
        "content": "".join(text for kind, text in kept.pieces if kind is Kind.TEXT),
        "reasoning": "".join(text for kind, text in kept.pieces if kind is Kind.REASONING),
        "finish_reason": kept.reason or None,
        "usage": kept.usage,
    }
    return web.Response(body=msgspec.json.encode(body), content_type="application/json")


def _cleared(desk: Desk, kept: Kept) -> bool:
    """Whether it was said: by the same judgement as when it was to be said."""
    voice = desk.parts.moderated(desk.parts.voice(), desk.parts.moderation(desk.options.gateway))
    voice.say(kept.events)
    return voice.verdict(kept.failure, kept.reason) is None


ENDPOINT = Endpoint("kept", (("GET", "/api/chat/kept"),), answer, asks=False)
