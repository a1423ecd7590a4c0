"""One direction of one connection: the stages between the socket that reads and the one that writes."""

import asyncio
import random
from collections.abc import Callable, Sequence

from harness.network.builtin.stages import stage_types
from harness.network.builtin.stages.stage import Next, Stage
from harness.network.builtin.toxic import InstalledToxic

QUEUE_LIMIT = 256 * 1024  # bytes that may wait in the stages of one direction before its source is paused


class Link:
    """Bytes that come to `feed` leave by `write`; an end leaves by `finish`, forced or not."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        rng: random.Random,
        toxics: Sequence[InstalledToxic],
        write: Callable[[bytes], None],
        finish: Callable[[bool], None],
        end_now: Callable[[bool], None],
        full_changed: Callable[[], None],
    ) -> None:
        self.loop, self.rng = loop, rng
        self.live = False
        self.held = self.received = self.sent = self.chunks = self.bytes_dropped = 0
        self.fault_name, self.fault_at = "", 0.0
        self._write, self._finish, self._end_now, self._full_changed = write, finish, end_now, full_changed
        self.full = self.ended = False
        self.stages: list[Stage] = []
        for toxic in toxics:
            self.install(toxic)
        self.live = True

    def feed(self, data: bytes) -> None:
        """Bytes read from the source."""
        self.received += len(data)
        self.chunks += 1
        self._first.receive(data, self.loop.time())

    def feed_end(self) -> None:
        """The source has ended, or has died."""
        self._first.end(False)

    def install(self, toxic: InstalledToxic) -> None:
        """Put a toxic behind the others."""
        stage = stage_types()[toxic.type](toxic.name, toxic.values, toxic.toxicity, self)
        stage.next = self
        if self.stages:
            self.stages[-1].next = stage
        self.stages.append(stage)
        if stage.on:
            stage.start()

    def change(self, toxic: InstalledToxic) -> None:
        """Its values or its toxicity are new."""
        for stage in [stage for stage in self.stages if stage.name == toxic.name]:
            stage.change(toxic.toxicity)

    def remove(self, name: str) -> None:
        """Take a toxic out; what waits in it goes on, unless it closes what it leaves."""
        index = next(index for index, stage in enumerate(self.stages) if stage.name == name)
        stage = self.stages[index]
        stage.cancel()
        if stage.closes_when_removed and not stage.closed:
            stage.close(forced=True)
        elif not stage.closed:
            stage.let_go()
        del self.stages[index]
        if index:
            self.stages[index - 1].next = self._following(index)

    def stop(self) -> None:
        """The connection is gone: no timer may outlive it."""
        for stage in self.stages:
            stage.cancel()

    @property
    def _first(self) -> Next:
        return self._following(0)

    def _following(self, index: int) -> Next:
        return self.stages[index] if index < len(self.stages) else self

    # What the stages see, see `stage.Way` and `stage.Next`.

    def receive(self, data: bytes, stamp: float) -> None:
        if not self.ended and data:
            self.sent += len(data)
            self._write(data)

    def end(self, forced: bool) -> None:
        if not self.ended:
            self.ended = True
            self._finish(forced)

    def hold(self, size: int) -> None:
        self.held += size
        if (self.held > QUEUE_LIMIT) != self.full:
            self.full = not self.full
            self._full_changed()

    def dropped(self, size: int) -> None:
        self.bytes_dropped += size

    def fault(self, name: str) -> None:
        if not self.fault_name:
            self.fault_name, self.fault_at = name, self.loop.time()

    def end_now(self, rst: bool) -> None:
        self._end_now(rst)
