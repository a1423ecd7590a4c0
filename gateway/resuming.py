"""Finds or begins the answer that a user asks for, and decides how long one without listeners goes on."""

import asyncio
import hashlib
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from gateway import failure
from gateway.failure import Failure
from gateway.generation import Generation
from gateway.kept import Kept, KeptAnswers
from gateway.upstream import Upstream
from harness.dialects.dialect import Ask
from harness.plan.plan import GatewayOptions

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class CannotResume(Exception):
    """There is no such answer for this user; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Resuming:
    """The answers under way and those that are over. A stream id belongs to the key that began it."""

    def __init__(self, upstream: Upstream, options: GatewayOptions, store: str) -> None:
        self._upstream, self._options = upstream, options
        self._kept = KeptAnswers(store, int(options.store_mb * 1e6))
        self._live: dict[str, Generation] = {}
        self._tasks: dict[Generation, asyncio.Task[None]] = {}
        self._graces: dict[Generation, asyncio.TimerHandle] = {}

    async def close(self) -> None:
        """Stop what is under way; what there is of it is kept."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._kept.close()

    def find(self, id: str, ask: Ask | None, authorization: str) -> Generation | Kept | None:
        """The answer called `id`, None where there is none. Raises CannotResume where not this user's."""
        found = self._live.get(id) or self._kept.get(id)
        if found is None:
            return None
        if found.owner != _digest(authorization):
            raise CannotResume(failure.UNKNOWN)  # nobody learns which ids there are
        if ask is not None and found.question != _question(ask):
            raise CannotResume(failure.OTHER_ASK)
        return found

    def begin(self, id: str, ask: Ask, authorization: str) -> Generation:
        generation = Generation(_digest(authorization), _question(ask))
        self._live[id] = generation
        run = generation.run(self._upstream, ask, authorization, self._options.idle_s)
        task = self._tasks[generation] = asyncio.create_task(run)
        task.add_done_callback(lambda _: self._over(id, generation))
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
                loop = asyncio.get_running_loop()
                self._graces[generation] = loop.call_later(
                    self._options.resume_grace_s, self._stop, generation, failure.GIVEN_UP
                )

    def stop(self, id: str, authorization: str) -> bool:
        """The user wants no more of an answer; False where there is none. Raises CannotResume."""
        found = self.find(id, None, authorization)
        if isinstance(found, Generation):
            self._stop(found, failure.STOPPED)
        return found is not None

    def _stop(self, generation: Generation, why: Failure) -> None:
        generation.why = why
        if task := self._tasks.get(generation):
            task.cancel()

    def _over(self, id: str, generation: Generation) -> None:
        del self._live[id], self._tasks[generation]
        if grace := self._graces.pop(generation, None):
            grace.cancel()
        if generation.begun:  # else there is nothing to come back to
            answer = generation.answer
            pieces = [(event.kind, event.text) for event in generation.pieces]
            self._kept.put(
                id,
                Kept(
                    generation.owner, generation.question, pieces, answer.failure, answer.reason, answer.usage
                ),
            )


def new_id() -> str:
    """An id for an answer whose user gave none; nobody can guess it."""
    return uuid.uuid4().hex


def valid_id(id: str) -> bool:
    return _ID.fullmatch(id) is not None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _question(ask: Ask) -> str:
    return _digest(f"{ask.model}\0{ask.max_tokens}\0{ask.prompt}")
