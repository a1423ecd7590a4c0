"""The gateway's routes: a question comes in, one upstream answer goes out, whole or as an error."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web

from gateway import failure
from gateway.answer import Answer
from gateway.asks import Asked, BadAsk, read_asked
from gateway.chunks import Chunks
from gateway.failure import Failure
from gateway.generation import Generation
from gateway.kept import Kept
from gateway.options import Options
from gateway.resuming import CannotResume, Resuming, new_id
from gateway.upstream import Reply, Upstream, UpstreamFailed
from gateway.voice import Voice
from harness.dialects import generic
from harness.dialects.dialect import Reply as ReplyHead
from harness.dialects.events import Kind, TokenEvent
from harness.wire import sse

_MAX_BODY = 16 << 20
_STREAM = generic.DIALECT.path
_STREAM_HEADERS = {
    "content-type": "text/event-stream",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",  # a proxy in front of us must not collect the events
}
_HEARTBEAT = sse.comment("heartbeat")
_HEAD = ReplyHead(id="", model="", created_s=0)

Deliver = Callable[[list[TokenEvent]], Awaitable[None]]


class Gateway:
    """Handlers over one upstream. `handler_cancellation` must be on: it is how a handler learns at once
    that its client left, and leaving the `ask` block is how the upstream learns it."""

    def __init__(self, upstream: Upstream, options: Options) -> None:
        self._upstream = upstream
        self._options = options
        self._joined = options.gateway.flush_ms > 0
        self._resuming: Resuming | None = None
        if options.gateway.resume_grace_s > 0:
            self._resuming = Resuming(upstream, options.gateway, options.store)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=_MAX_BODY)
        for method in ("GET", "POST"):
            app.router.add_route(method, _STREAM, self.stream)
            app.router.add_route(method, "/api/chat", self.whole)
        app.router.add_get("/healthz", self.health)
        if self._resuming is not None:
            app.router.add_post(f"{_STREAM}/stop", self.stop)
            app.on_cleanup.append(self._close)
        return app

    async def _close(self, _: web.Application) -> None:
        assert self._resuming is not None
        await self._resuming.close()

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """One answer, or the rest of one that this user has heard the beginning of."""
        try:
            asked = await read_asked(request, self._options.model)
            if self._resuming is not None:
                return await self._resumable(request, asked, self._resuming)
            if asked.last_event is not None:
                # A browser's EventSource comes back by itself, also after a whole answer. Nothing is kept
                # to resume from: starting over would say everything twice, and an empty answer would look
                # whole.
                return _error(failure.NO_RESUME)
            return await self._direct(request, asked)
        except (BadAsk, UpstreamFailed, CannotResume) as error:
            return _error(error.failure)

    async def _direct(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        response: web.StreamResponse | None = None
        answer, voice = Answer(), Voice(joined=self._joined)
        try:
            # The head waits for the upstream's, so that a refusal can still be an honest status.
            async with self._upstream.ask(asked.question(), asked.authorization) as reply:
                response = web.StreamResponse(headers=_STREAM_HEADERS)
                await response.prepare(request)
                await self._follow(
                    reply, answer, self._chunks(), partial(self._send_content, response, voice)
                )
                await self._send(response, voice.end(answer.failure, answer.reason, answer.usage))
                await response.write_eof()
                if answer.failure is None:
                    await reply.drain()
        except ConnectionResetError:
            assert response is not None  # only its writes raise this
            _abort(request)
        return response

    async def _resumable(self, request: web.Request, asked: Asked, resuming: Resuming) -> web.StreamResponse:
        """The answer outlives its user's connection, so it is generated apart from it and listened to."""
        id, position = asked.stream or new_id(), asked.last_event or 0
        found = resuming.find(id, asked.ask, asked.authorization) if asked.stream else None
        if found is None and asked.last_event is not None:
            raise CannotResume(failure.UNKNOWN)
        if isinstance(found, Kept) and (position > len(found.pieces) or found.failure == failure.STOPPED):
            return web.Response(status=204)  # nothing is left; a browser asks no more after this
        headers = _STREAM_HEADERS | {"x-stream-id": id}
        if isinstance(found, Kept):
            return await self._replay(request, found, position, headers)
        live = found or resuming.begin(id, asked.question(), asked.authorization)
        return await self._listen(request, live, position, headers, resuming)

    async def _replay(
        self, request: web.Request, kept: Kept, position: int, headers: dict[str, str]
    ) -> web.StreamResponse:
        response, voice = web.StreamResponse(headers=headers), Voice(position, self._joined)
        await response.prepare(request)
        try:
            await self._send(response, voice.say(kept.events[position:]))
            await self._send(response, voice.end(kept.failure, kept.reason, kept.usage, numbered=True))
            await response.write_eof()
        except ConnectionResetError:
            _abort(request)
        return response

    async def _listen(
        self,
        request: web.Request,
        live: Generation,
        position: int,
        headers: dict[str, str],
        resuming: Resuming,
    ) -> web.StreamResponse:
        response, voice, chunks = (
            web.StreamResponse(headers=headers),
            Voice(position, self._joined),
            self._chunks(),
        )
        time, beat_s = asyncio.get_running_loop().time, self._options.gateway.heartbeat_s
        with resuming.listening(live, position) as listener:
            while not live.begun and live.refused is None:
                await live.news(position, time() + beat_s)
            if live.refused is not None:
                return _error(live.refused)
            await response.prepare(request)
            told = time()
            try:
                while True:
                    over, fresh, now = live.over, live.pieces[position:], time()
                    chunks.add(fresh, now)
                    position += len(fresh)
                    if over or chunks.due <= now:
                        await self._send(response, voice.say(chunks.take()))
                        told = now
                        live.heard(listener, position)
                    elif now >= told + beat_s:
                        await self._send(response, _HEARTBEAT)
                        told = now
                    if over:
                        break
                    await live.news(position, min(told + beat_s, chunks.due))
                answer = live.answer
                await self._send(
                    response, voice.end(answer.failure, answer.reason, answer.usage, numbered=True)
                )
                await response.write_eof()
            except ConnectionResetError:
                _abort(request)
        return response

    async def stop(self, request: web.Request) -> web.Response:
        """The user wants no more of an answer: unlike a lost connection, that ends it at once."""
        assert self._resuming is not None
        try:
            known = self._resuming.stop(
                request.query.get("stream", ""), request.headers.get("authorization", "")
            )
        except CannotResume as error:
            return _error(error.failure)
        return web.Response(status=204) if known else _error(failure.UNKNOWN)

    async def whole(self, request: web.Request) -> web.Response:
        """The same answer in one piece. It is streamed from the upstream all the same, for a stream shows
        a death or a stall when it happens, not after the longest answer anyone may wait for."""
        answer = Answer()
        pieces: list[str] = []

        async def collect(events: list[TokenEvent]) -> None:
            pieces.extend(event.text for event in events if event.kind is Kind.TEXT)

        try:
            asked = await read_asked(request, self._options.model)
            async with self._upstream.ask(asked.question(), asked.authorization) as reply:
                await self._follow(reply, answer, Chunks(), collect)
                if answer.failure is None:
                    await reply.drain()
        except (BadAsk, UpstreamFailed) as error:
            return _error(error.failure)
        if answer.failure is not None:
            return _error(answer.failure)
        body = generic.DIALECT.whole(_HEAD, "".join(pieces), answer.reason, answer.usage)
        return web.Response(body=body, content_type="application/json")

    async def _follow(self, reply: Reply, answer: Answer, chunks: Chunks, deliver: Deliver) -> None:
        """Read until the answer is over, delivering what is due after each read as one piece. An empty
        delivery says that the client has heard nothing for the heartbeat's time."""
        limits = self._options.gateway
        time = asyncio.get_running_loop().time
        heard = told = time()
        while not answer.over:
            try:
                data = await reply.read(min(heard + limits.idle_s, told + limits.heartbeat_s, chunks.due))
            except UpstreamFailed as error:
                answer.close(error.failure)
                data = None
            now = time()
            if data:
                heard = now
                chunks.add(answer.feed(data), now)
            elif data is not None:
                answer.close()
            elif now >= heard + limits.idle_s:
                answer.close(failure.STALLED)
            content = chunks.take() if answer.over or chunks.due <= now else []
            if content or (now >= told + limits.heartbeat_s and not answer.over):
                await deliver(content)
                told = now

    def _chunks(self) -> Chunks:
        return Chunks(self._options.gateway.flush_ms / 1000, self._options.gateway.flush_bytes)

    async def _send_content(
        self, response: web.StreamResponse, voice: Voice, events: list[TokenEvent]
    ) -> None:
        # What one upstream read brought goes out as one write: it costs one system call.
        await self._send(response, voice.say(events) or _HEARTBEAT)

    async def _send(self, response: web.StreamResponse, data: bytes) -> None:
        # A client that stops reading stops us reading the upstream, but not for ever.
        try:
            async with asyncio.timeout(self._options.gateway.idle_s):
                await response.write(data)
        except TimeoutError as error:
            raise ConnectionResetError("the client has stopped reading") from error


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _error(why: Failure) -> web.Response:
    return web.Response(
        status=why.status, body=why.body, headers=why.headers, content_type="application/json"
    )
