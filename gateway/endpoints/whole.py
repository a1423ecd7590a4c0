"""The answer in one piece, for batch use.

It is streamed from the upstream all the same, for a stream shows a death or a stall when it happens, not
after the longest answer anyone may wait for.
"""

import asyncio

from aiohttp import web

from gateway.asks import read_asked
from gateway.desk import Desk
from gateway.endpoints.endpoint import Endpoint
from gateway.failure import Refused
from gateway.note import Note
from harness.dialects import generic
from harness.dialects.dialect import Reply
from harness.dialects.events import Kind

_HEAD = Reply(id="", model="", created_s=0)


async def answer(desk: Desk, request: web.Request, note: Note) -> web.StreamResponse:
    asked = await read_asked(request, desk.options.model)
    note.question(asked.ask)
    with desk.listen(asked, note) as ear:
        events = await ear.rest()
        if ear.failure is not None:
            raise Refused(ear.failure)
        note.said(len(events), asyncio.get_running_loop().time())
        note.ending(None, ear.usage)
    text, thoughts = (
        "".join(event.text for event in events if event.kind is kind) for kind in (Kind.TEXT, Kind.REASONING)
    )
    body = generic.DIALECT.whole(_HEAD, text, ear.reason, ear.usage, reasoning=thoughts)
    headers = {"x-stream-id": note.stream}
    return web.Response(body=body, content_type="application/json", headers=headers)


ENDPOINT = Endpoint("whole", (("GET", "/api/chat"), ("POST", "/api/chat")), answer)
