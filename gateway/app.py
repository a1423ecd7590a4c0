"""The gateway's routes: a question comes in, one upstream answer goes out, whole or as an error."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec
from aiohttp import web

from gateway import failure
from gateway.answer import Answer
from gateway.failure import Failure
from gateway.options import Options
from gateway.upstream import Reply, Upstream, UpstreamFailed
from harness.dialects import generic
from harness.dialects.dialect import Ask
from harness.dialects.dialect import Reply as ReplyHead
from harness.dialects.events import Kind, TokenEvent
from harness.dialects.generic import GenericEncoder
from harness.wire import sse

_MAX_BODY = 16 << 20
_STREAM_HEADERS = {
    "content-type": "text/event-stream",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",  # a proxy in front of us must not collect the events
}
_HEARTBEAT = sse.comment("heartbeat")
_HEAD = ReplyHead(id="", model="", created_s=0)

Deliver = Callable[[list[TokenEvent]], Awaitable[None]]


class BadAsk(Exception):
    """The user's request cannot be met; `failure` says why."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(status, code, message)


class _Body(msgspec.Struct):
    prompt: str
    model: str = ""
    max_tokens: int | None = None


class Gateway:
    """Handlers over one upstream. `handler_cancellation` must be on: it is how a handler learns at once
    that its client left, and leaving the `ask` block is how the upstream learns it."""

    def __init__(self, upstream: Upstream, options: Options) -> None:
        self._upstream = upstream
        self._options = options

    def app(self) -> web.Application:
        app = web.Application(client_max_size=_MAX_BODY)
        for method in ("GET", "POST"):
            app.router.add_route(method, generic.DIALECT.path, self.stream)
            app.router.add_route(method, "/api/chat", self.whole)
        app.router.add_get("/healthz", self.health)
        return app

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        response: web.StreamResponse | None = None
        answer, encoder = Answer(), generic.DIALECT.encoder(_HEAD)
        try:
            ask = await read_ask(request, self._options.model)
            # The head waits for the upstream's, so that a refusal can still be an honest status.
            async with self._upstream.ask(ask, request.headers.get("authorization", "")) as reply:
                response = web.StreamResponse(headers=_STREAM_HEADERS)
                await response.prepare(request)
                await self._follow(reply, answer, partial(self._send_content, response, encoder))
                await self._send(response, _ending(answer, encoder))
                await response.write_eof()
                if answer.failure is None:
                    await reply.drain()
        except (BadAsk, UpstreamFailed) as error:
            return _error(error.failure)
        except ConnectionResetError:
            assert response is not None  # only its writes raise this
            if request.transport is not None:
                request.transport.abort()
        return response

    async def whole(self, request: web.Request) -> web.Response:
        """The same answer in one piece. It is streamed from the upstream all the same, for a stream shows
        a death or a stall when it happens, not after the longest answer anyone may wait for."""
        answer = Answer()
        pieces: list[str] = []

        async def collect(events: list[TokenEvent]) -> None:
            pieces.extend(event.text for event in events if event.kind is Kind.TEXT)

        try:
            ask = await read_ask(request, self._options.model)
            async with self._upstream.ask(ask, request.headers.get("authorization", "")) as reply:
                await self._follow(reply, answer, collect)
                if answer.failure is None:
                    await reply.drain()
        except (BadAsk, UpstreamFailed) as error:
            return _error(error.failure)
        if answer.failure is not None:
            return _error(answer.failure)
        body = generic.DIALECT.whole(_HEAD, "".join(pieces), answer.reason, answer.usage)
        return web.Response(body=body, content_type="application/json")

    async def _follow(self, reply: Reply, answer: Answer, deliver: Deliver) -> None:
        """Read until the answer is over, delivering what each read held as one piece. An empty delivery
        says that the client has heard nothing for the heartbeat's time."""
        limits = self._options.gateway
        time = asyncio.get_running_loop().time
        heard = told = time()
        while not answer.over:
            try:
                data = await reply.read(min(heard + limits.idle_s, told + limits.heartbeat_s))
            except UpstreamFailed as error:
                answer.close(error.failure)
                return
            now = time()
            content: list[TokenEvent] = []
            if data:
                heard = now
                content = answer.feed(data)
            elif data is not None:
                answer.close()
            elif now >= heard + limits.idle_s:
                answer.close(failure.STALLED)
            if content or (now >= told + limits.heartbeat_s and not answer.over):
                await deliver(content)
                told = now

    async def _send_content(
        self, response: web.StreamResponse, encoder: GenericEncoder, events: list[TokenEvent]
    ) -> None:
        # What one upstream read brought goes out as one write: nothing is held back, and it costs one
        # system call.
        await self._send(response, b"".join(_encode(event, encoder) for event in events) or _HEARTBEAT)

    async def _send(self, response: web.StreamResponse, data: bytes) -> None:
        # A client that stops reading stops us reading the upstream, but not for ever.
        try:
            async with asyncio.timeout(self._options.gateway.idle_s):
                await response.write(data)
        except TimeoutError as error:
            raise ConnectionResetError("the client has stopped reading") from error


async def read_ask(request: web.Request, model: str) -> Ask:
    """The question of a GET's query or a POST's JSON. Raises BadAsk."""
    if "last-event-id" in request.headers:
        # A browser's EventSource comes back by itself, also after a whole answer. Nothing is kept here to
        # resume from: starting over would say everything twice, and an empty answer would look whole.
        raise BadAsk(501, "cannot_resume", "this gateway keeps no answers; ask again without Last-Event-ID")
    try:
        if request.method == "POST":
            body = msgspec.json.decode(await request.read(), type=_Body)
        else:
            body = msgspec.convert(dict(request.query), _Body, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"send prompt, and optionally model and max_tokens: {error}"
        raise BadAsk(400, "invalid_request", message) from error
    return Ask(prompt=body.prompt, model=body.model or model, max_tokens=body.max_tokens)


def _encode(event: TokenEvent, encoder: GenericEncoder) -> bytes:
    return encoder.reasoning(event.text) if event.kind is Kind.REASONING else encoder.text(event.text)


def _ending(answer: Answer, encoder: GenericEncoder) -> bytes:
    if answer.failure is not None:
        return encoder.error(answer.failure.code, answer.failure.message)
    return encoder.finish(answer.reason, answer.usage)


def _error(why: Failure) -> web.Response:
    return web.Response(
        status=why.status, body=why.body, headers=why.headers, content_type="application/json"
    )
