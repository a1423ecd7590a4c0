"""What all endpoints work with: an answer to listen to, and the way to say it to a user."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from aiohttp import web

from gateway import failure
from gateway.answers import Answers, new_id
from gateway.asks import Asked
from gateway.failure import Failure, Refused
from gateway.generation import Generation
from gateway.kept import Kept
from gateway.listening import Listening
from gateway.note import Note
from gateway.options import Options
from gateway.parts import Parts
from gateway.upstream import Upstream
from gateway.writer import ClientLeft, Writer
from harness.dialects.events import CONTENT, TokenEvent, Usage


class Speaker(Protocol):
    """Content -> bytes on the wire, for one stream; `gateway.voice.Voice` is the usual one."""

    @property
    def hopeless(self) -> bool:
        """Whatever is still to come, the `verdict` will be a failure."""
        ...

    def start(self) -> bytes: ...

    def say(self, events: list[TokenEvent]) -> bytes:
        """May be empty: nothing of `events` can be said before more has come."""
        ...

    def verdict(self, failure: Failure | None, reason: str) -> Failure | None:
        """What users are told of how the answer ended; `failure` is what the provider made of it."""
        ...

    def end(self, failure: Failure | None, reason: str, usage: Usage | None, numbered: bool) -> bytes: ...


class Desk:
    """One for the whole gateway, within a running loop.

    `handler_cancellation` must be on: it is how a handler learns at once that its client left, and leaving
    the `listen` block is how the answer learns it.
    """

    def __init__(self, parts: Parts, upstream: Upstream, options: Options) -> None:
        """Raises OSError where the store or the log cannot be written."""
        self.parts, self.options = parts, options
        self.metrics = parts.metrics()
        self.limiter = parts.limiter(options.gateway)
        self.draining = parts.draining(options.gateway.drain_s)
        self.answers = Answers(parts, upstream, self.limiter, options.gateway, options.store)
        self.log = parts.log(options.log)

    async def close(self) -> None:
        await self.answers.close()
        self.log.close()

    @property
    def resumes(self) -> bool:
        return self.options.gateway.resume_grace_s > 0

    @contextmanager
    def listen(self, asked: Asked, note: Note, live: Generation | None = None) -> Iterator[Listening]:
        """Listen to a new answer, or to one that is under way, for as long as the block lasts. Leaving it
        early means that this user wants no more. Raises Refused where there can be no new answer."""
        live = live or self._begin(asked, note)
        limits, now = self.options.gateway, asyncio.get_running_loop().time()
        position = asked.last_event or 0
        with self.answers.listening(live, position) as listener:
            chunks = self.parts.chunks(limits.flush_ms / 1000, limits.flush_bytes)
            beat = self.parts.heartbeat(limits.heartbeat_s, now)
            try:
                yield Listening(live, listener, position, chunks, beat)
            finally:
                note.attempts, note.queued_s = live.attempts, live.queued_s

    async def stream(
        self, request: web.Request, asked: Asked, speaker: Callable[[int], Speaker], note: Note
    ) -> web.StreamResponse:
        """The whole of a streaming endpoint: an answer, or the rest of one that this user has heard the
        beginning of. `speaker` says it, from behind the piece of that number on. Raises Refused."""
        live = self._under_way(asked, note)
        if isinstance(live, Kept):
            return await self._replay(request, live, asked.last_event or 0, speaker, note)
        with self.listen(asked, note, live) as ear:
            await ear.begun()  # so that a refusal can still be an honest status
            writer, said = self.writer(request), speaker(ear.position)
            time = asyncio.get_running_loop().time
            beat, held = self.parts.heartbeat.data, 0
            try:
                await self._open(writer, said, note)
                async for events in ear.batches():
                    # What one upstream read brought goes out as one write: it costs one system call.
                    data = said.say(events) if events else beat
                    held += sum(event.kind in CONTENT for event in events)
                    if data:  # else nothing of it can be said yet
                        await writer.write(data)
                        ear.told()
                        if events:
                            note.said(held, time())
                            held = 0
                    if said.hopeless:
                        break  # its user is told now, and with the listening ends what is paid for
                ending = said.verdict(ear.failure, ear.reason)
                await writer.write(said.end(ending, ear.reason, ear.usage, self.resumes))
                note.said(held if ending is None else 0, time())
                note.ending(ending, ear.usage)
                await writer.close()
            except ClientLeft:
                writer.abort()
        return writer.response

    def writer(self, request: web.Request) -> Writer:
        limits = self.options.gateway
        coding = self.parts.coding(request.headers.get("accept-encoding", ""), limits.compress)
        return self.parts.writer(request, coding, limits.idle_s)

    async def _open(self, writer: Writer, speaker: Speaker, note: Note) -> None:
        await writer.open(self.parts.headers(self.options, note.stream))
        note.status = writer.response.status
        if first := speaker.start():
            await writer.write(first)

    def _begin(self, asked: Asked, note: Note) -> Generation:
        ask = asked.question()
        if self.draining.begun:
            raise Refused(failure.DRAINING)
        if asked.stream:
            self.answers.find(asked.stream, None, asked.authorization)  # refuses what is somebody else's
        note.stream = asked.stream or new_id()
        return self.answers.begin(note.stream, ask, asked.authorization, note.endpoint)

    def _under_way(self, asked: Asked, note: Note) -> Generation | Kept | None:
        """The answer that this user comes back to; None where a new one is asked for. Raises Refused."""
        if not self.resumes:
            if asked.last_event is not None:
                # A browser's EventSource comes back by itself, also after a whole answer. Starting over would
                # say everything twice, and an empty answer would look whole.
                raise Refused(failure.NO_RESUME)
            return None
        note.stream, note.position = asked.stream, asked.last_event or 0
        found = None
        if asked.stream:
            found = self.answers.find(asked.stream, asked.ask, asked.authorization, note.endpoint)
        if found is None and asked.last_event is not None:
            raise Refused(failure.UNKNOWN)
        return found

    async def _replay(
        self,
        request: web.Request,
        kept: Kept,
        position: int,
        speaker: Callable[[int], Speaker],
        note: Note,
    ) -> web.StreamResponse:
        if position > len(kept.pieces) or kept.failure == failure.STOPPED:
            return web.Response(status=204)  # nothing is left; a browser asks no more after this
        writer, said = self.writer(request), speaker(position)
        rest = kept.events[position:]
        try:
            await self._open(writer, said, note)
            data = said.say(rest)
            ending = said.verdict(kept.failure, kept.reason)
            await writer.write(data + said.end(ending, kept.reason, kept.usage, True))
            note.said(len(rest), asyncio.get_running_loop().time())
            note.ending(ending, kept.usage)
            await writer.close()
        except ClientLeft:
            writer.abort()
        return writer.response
