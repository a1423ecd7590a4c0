"""One user's ear at an answer: what has come since last time, when it is due, and how it ended."""

import asyncio
import math
from collections.abc import AsyncIterator

from gateway.chunks import Chunks
from gateway.failure import Failure, Refused
from gateway.generation import Generation
from gateway.heartbeat import Heartbeat
from harness.dialects.events import TokenEvent, Usage


class Listening:
    """Made by `Desk.listen`, which also says when nobody listens any more."""

    def __init__(
        self, live: Generation, listener: object, position: int, chunks: Chunks, beat: Heartbeat
    ) -> None:
        """From behind piece `position` of `live` on."""
        self._live, self._listener, self.position = live, listener, position
        self._chunks, self._beat = chunks, beat

    @property
    def failure(self) -> Failure | None:
        """Why the answer is not whole; means something only when it is over."""
        return self._live.failure

    @property
    def reason(self) -> str:
        return self._live.reason

    @property
    def usage(self) -> Usage | None:
        return self._live.usage

    async def begun(self) -> None:
        """Wait for the provider's head. Until then a refusal can still be an honest status: Refused."""
        while not self._live.begun and not self._live.over:
            await self._live.news(self.position, math.inf)
        if self._live.refused is not None:
            raise Refused(self._live.refused)

    async def batches(self) -> AsyncIterator[list[TokenEvent]]:
        """What is due, as it gets due, to the end. An empty batch says that the user has been `told` nothing
        for the heartbeat's time."""
        live, chunks, beat = self._live, self._chunks, self._beat
        time = asyncio.get_running_loop().time
        while True:
            over, fresh, now = live.over, live.pieces[self.position :], time()
            chunks.add(fresh, now)
            self.position += len(fresh)
            if over or chunks.due <= now:
                if batch := chunks.take():
                    yield batch
                live.heard(self._listener, self.position)
            if over:
                return
            if time() >= beat.due:  # also where content came of which nothing could be said
                yield []
                beat.told(time())
            await live.news(self.position, min(beat.due, chunks.due))

    def told(self) -> None:
        """The user has been sent something."""
        self._beat.told(asyncio.get_running_loop().time())

    async def rest(self) -> list[TokenEvent]:
        """All that is still to come, at the end."""
        events: list[TokenEvent] = []
        async for batch in self.batches():
            events += batch
        return events
