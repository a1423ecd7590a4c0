"""OpenAI Chat Completions, streamed or whole, whatever the provider behind it speaks."""

import asyncio

from aiohttp import web

from gateway.answers import new_id
from gateway.asks import Asked
from gateway.bodies import body_of
from gateway.desk import Desk
from gateway.endpoints.endpoint import Endpoint
from gateway.failure import Failure, Refused
from gateway.note import Note
from gateway.openai_asks import Completion, read_completion
from gateway.openai_voice import OpenAiVoice
from harness.clock import SECOND, wall_ns
from harness.dialects import openai, vllm
from harness.dialects.dialect import Reply, ToolCall
from harness.dialects.events import CONTENT, Kind, TokenEvent

_DIALECT = openai.DIALECT


async def answer(desk: Desk, request: web.Request, note: Note) -> web.StreamResponse:
    wanted = read_completion(await body_of(request), desk.options.model)
    note.question(wanted.ask)
    asked = Asked(wanted.ask, "", None, request.headers.get("authorization", ""))
    reply = Reply(
        id=f"chatcmpl-{new_id()}",
        model=wanted.ask.model,
        created_s=wall_ns() // SECOND,
        include_usage=wanted.include_usage,
    )
    if not wanted.stream:
        return await _whole(desk, asked, wanted, reply, note)

    def voice(position: int) -> OpenAiVoice:
        return desk.parts.openai(reply, bool(wanted.ask.tools))

    return await desk.stream(request, asked, voice, note)


async def _whole(desk: Desk, asked: Asked, wanted: Completion, reply: Reply, note: Note) -> web.Response:
    with desk.listen(asked, note) as ear:
        events = await ear.rest()
        if ear.failure is not None:
            raise Refused(ear.failure)
        note.said(sum(event.kind in CONTENT for event in events), asyncio.get_running_loop().time())
        note.ending(None, ear.usage)
    reasoning = _joined(events, Kind.REASONING)
    calls = [ToolCall(event.id, event.code, event.text) for event in events if event.kind is Kind.TOOL]
    dialect: openai.OpenAi | vllm.Vllm = (
        vllm.DIALECT if reasoning else _DIALECT
    )  # the one has a place for it, the other not
    body = dialect.whole(
        reply, _joined(events, Kind.TEXT), ear.reason, ear.usage, calls if wanted.ask.tools else (), reasoning
    )
    return web.Response(body=body, content_type="application/json", headers={"x-stream-id": note.stream})


def _joined(events: list[TokenEvent], kind: Kind) -> str:
    return "".join(event.text for event in events if event.kind is kind)


def _error(why: Failure) -> bytes:
    return _DIALECT.error_body(why.status, why.code, why.message)


ENDPOINT = Endpoint("openai", (("POST", _DIALECT.path),), answer, error_body=_error)
