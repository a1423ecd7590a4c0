"""Finds or begins the answer that a user asks for, and keeps what there is of it when it is over."""

import asyncio
import hashlib
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from gateway import failure
from gateway.failure import Failure, Refused
from gateway.generation import Generation
from gateway.kept import Kept
from gateway.limiter import Limiter
from gateway.upstream import Upstream
from harness.dialects.dialect import Ask
from harness.plan.plan import GatewayOptions

if TYPE_CHECKING:
    from gateway.parts import Parts

CLEARED_FIRST = "moderated"  # the endpoint whose answers nobody may hear on another way
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Answers:
    """The answers under way and those that are over. A stream id belongs to the key that began it."""

    def __init__(
        self, parts: "Parts", upstream: Upstream, limiter: Limiter, options: GatewayOptions, store: str
    ) -> None:
        """Raises OSError where `store` cannot be one."""
        self._parts, self._upstream, self._limiter, self._options = parts, upstream, limiter, options
        self._kept = parts.keeper(store, int(options.store_mb * 1e6))
        self._leaving = parts.leaving(options)
        self._live: dict[str, Generation] = {}
        self._tasks: dict[Generation, asyncio.Task[None]] = {}
        self._graces: dict[Generation, asyncio.TimerHandle] = {}

    def cut(self) -> None:
        """End what is under way, aloud; what there is of it is kept."""
        for generation in list(self._tasks):
            self._stop(generation, failure.SHUT_DOWN)

    async def close(self) -> None:
        """Stop what is under way, and close the store."""
        self.cut()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._kept.close()

    def find(
        self, id: str, ask: Ask | None, authorization: str, endpoint: str | None = None
    ) -> Generation | Kept | None:
        """The answer called `id`, None where there is none. Raises Refused where it is not this user's, not
        to this question, or not to be heard at `endpoint`: what was to be cleared first is heard there only.
        """
        found = self._live.get(id) or self._kept.get(id)
        if found is None:
            return None
        if found.owner != _digest(authorization):
            raise Refused(failure.UNKNOWN)  # nobody learns which ids there are
        if endpoint is not None and found.endpoint == CLEARED_FIRST != endpoint:
            raise Refused(failure.UNKNOWN)
        if ask is not None and found.question != _question(ask):
            raise Refused(failure.OTHER_ASK)
        return found

    def begin(self, id: str, ask: Ask, authorization: str, endpoint: str) -> Generation:
        """A new answer called `id`. An earlier one of this name goes on for those who listen, but the name
        is the new one's."""
        # Whoever brings tools runs them, and so has to see the calls.
        options = msgspec.structs.replace(self._options, tools="shown") if ask.tools else self._options
        generation = self._parts.generation(
            self._parts, options, _digest(authorization), _question(ask), endpoint
        )
        self._live[id] = generation
        run = generation.run(self._upstream, self._limiter, ask, authorization)
        task = self._tasks[generation] = asyncio.create_task(run)
        task.add_done_callback(lambda task: self._over(id, generation, task))
        return generation

    @contextmanager
    def listening(self, generation: Generation, position: int) -> Iterator[object]:
        """Somebody listens for as long as the block lasts. When the last one has gone, grace begins."""
        listener = object()
        generation.heard(listener, position)
        if grace := self._graces.pop(generation, None):
            grace.cancel()
        try:
            yield listener
        finally:
            generation.gone(listener)
            if not generation.listeners and not generation.over:
                self._leave(generation)

    def stop(self, id: str, authorization: str) -> bool:
        """The user wants no more of an answer; False where there is none. Raises Refused."""
        found = self.find(id, None, authorization)
        if isinstance(found, Generation):
            self._stop(found, failure.STOPPED)
        return found is not None

    def _leave(self, generation: Generation) -> None:
        grace_s = self._leaving.grace_s(generation)
        if grace_s <= 0:
            self._stop(generation, failure.LEFT)
        elif grace_s < float("inf"):
            loop = asyncio.get_running_loop()
            self._graces[generation] = loop.call_later(grace_s, self._stop, generation, failure.GIVEN_UP)

    def _stop(self, generation: Generation, why: Failure) -> None:
        generation.why = why
        if task := self._tasks.get(generation):
            task.cancel()

    def _over(self, id: str, generation: Generation, task: "asyncio.Task[None]") -> None:
        generation.abandon(task.cancelled())
        del self._tasks[generation]
        if self._live.get(id) is generation:
            del self._live[id]
        if grace := self._graces.pop(generation, None):
            grace.cancel()
        if generation.begun:  # else there is nothing to come back to
            self._kept.put(id, generation.kept())


def new_id() -> str:
    """An id for an answer whose user gave none; nobody can guess it."""
    return uuid.uuid4().hex


def valid_id(id: str) -> bool:
    return _ID.fullmatch(id) is not None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _question(ask: Ask) -> str:
    return hashlib.sha256(msgspec.json.encode(ask)).hexdigest()
