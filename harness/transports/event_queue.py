"""Events of one answer on their way from the hub, which parses them, to a user who reacts to each."""

from collections import deque
from collections.abc import Iterator

from gevent.hub import Waiter

from harness.dialects.events import TokenEvent
from harness.transports.watch import Watch

MOST = 10_000  # a user who thinks longer than that loses the oldest; the record has everything


class EventQueue:
    """Filled in the hub, emptied by one greenlet, which is woken at most once a read."""

    def __init__(self) -> None:
        self._events: deque[TokenEvent] = deque(maxlen=MOST)
        self._sleeper: Waiter | None = None
        self.missed = 0  # events that a slow user never saw

    def hear(self, event: TokenEvent) -> None:
        self.missed += len(self._events) == MOST
        self._events.append(event)

    def wake(self, *_: object) -> None:
        """In the hub: enter the greenlet that waits, if something has come for it. It runs at once."""
        if self._sleeper is not None and self._events:
            self._sleeper.switch(None)

    def each(self, watch: Watch) -> Iterator[TokenEvent]:
        """Every event, until the answer of `watch` has ended."""
        while True:
            while self._events:
                yield self._events.popleft()
            if watch.ending is not None:
                return
            self._sleep(watch)

    def _sleep(self, watch: Watch) -> None:
        sleeper = self._sleeper = Waiter()

        def end(_: object) -> None:
            sleeper.switch(None)

        watch.ended.rawlink(end)  # an ending may come from any greenlet; the hub passes it on
        try:
            sleeper.get()
        finally:
            self._sleeper = None
            watch.ended.unlink(end)
