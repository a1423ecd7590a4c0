"""One toxic at work on one direction of one connection.

Bytes come in by `receive`, an end by `end`; whatever leaves goes to `next`. A stage that toxicity spared
is transparent. Stages never block: what must wait lies in a queue of theirs, counted against the limit of
their direction, and a timer of the event loop lets it go.
"""

import asyncio
import random
from collections import deque
from typing import ClassVar, Protocol


class Way(Protocol):
    """The direction that a stage stands in."""

    loop: asyncio.AbstractEventLoop
    rng: random.Random
    live: bool  # it was already open when the toxic was installed or changed

    def hold(self, size: int) -> None:
        """`size` more bytes wait in stages; fewer if it is negative."""

    def dropped(self, size: int) -> None: ...

    def fault(self, name: str) -> None:
        """The toxic `name` has done something that its user will notice as a fault."""

    def end_now(self, rst: bool) -> None:
        """Close the whole connection at once, past every other stage."""


class Next(Protocol):
    """Where a stage sends on."""

    def receive(self, data: bytes, stamp: float) -> None: ...

    def end(self, forced: bool) -> None: ...


class Stage:
    """A transparent stage; toxics override what they change."""

    attributes: ClassVar[tuple[str, ...]] = ()
    closes_when_removed: ClassVar[bool] = False
    arms: ClassVar[bool] = False  # connections opened under it end by a reset

    next: Next

    def __init__(self, name: str, values: dict[str, int], toxicity: float, way: Way) -> None:
        self.name, self.values, self.way = name, values, way
        self.on = way.rng.random() < toxicity
        self.closed = False  # its output has ended; what still comes in is dropped
        self.timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """It stands in its place, or its values have changed."""

    def receive(self, data: bytes, stamp: float) -> None:
        """`stamp` is the loop's time at which the bytes got here, or left the stage before."""
        if self.closed:
            self.way.dropped(len(data))
        elif self.on:
            self.take(data, stamp)
        else:
            self.next.receive(data, stamp)

    def end(self, forced: bool) -> None:
        if self.closed:
            return
        if self.on:
            self.take_end(forced)
        else:
            self.close(forced)

    def take(self, data: bytes, stamp: float) -> None:
        self.next.receive(data, stamp)

    def take_end(self, forced: bool) -> None:
        self.close(forced)

    def close(self, forced: bool) -> None:
        """The output ends; nothing leaves any more."""
        if not self.closed:
            self.closed = True
            self.cancel()
            self.next.end(forced)

    def change(self, toxicity: float) -> None:
        """Values or toxicity were changed: chance is drawn again, as the original does."""
        self.cancel()
        self.on = self.way.rng.random() < toxicity
        if self.closed:
            return
        if self.on:
            self.start()
        else:
            self.let_go()

    def let_go(self) -> None:
        """Send on everything that waits here: the stage is switched off or taken out."""

    def wait(self, seconds: float) -> None:
        """Call `due` after `seconds`, instead of whatever was awaited before."""
        self.cancel()
        self.timer = self.way.loop.call_later(max(0.0, seconds), self._due)

    def _due(self) -> None:
        self.timer = None
        self.due()

    def due(self) -> None:
        """The awaited time has come."""

    def cancel(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class QueueStage(Stage):
    """A stage in which bytes, and behind them an end, can wait."""

    def __init__(self, name: str, values: dict[str, int], toxicity: float, way: Way) -> None:
        super().__init__(name, values, toxicity, way)
        self.queue: deque[tuple[bytes, float]] = deque()
        self.ending: bool | None = None  # an end waits; True if a toxic forced it

    def take(self, data: bytes, stamp: float) -> None:
        self.queue.append((data, stamp))
        self.way.hold(len(data))
        if len(self.queue) == 1:
            self.start()

    def take_end(self, forced: bool) -> None:
        self.ending = forced
        if not self.queue:
            self.close(forced)

    def pass_on(self, data: bytes, stamp: float) -> None:
        """Send on bytes that were held here."""
        self.way.hold(-len(data))
        self.next.receive(data, stamp)

    def end_if_empty(self) -> None:
        if self.ending is not None and not self.queue:
            self.close(self.ending)

    def let_go(self) -> None:
        while self.queue:
            self.pass_on(*self.queue.popleft())
        self.end_if_empty()
