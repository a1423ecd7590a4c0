"""How the gateway stops: it takes no more questions, lets those under way finish, and ends the rest aloud."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LAST_WORDS_S = 1.0  # for the last event of streams that are cut


class Draining:
    """Counts the streams that are open, and waits for them when the time has come."""

    def __init__(self, drain_s: float) -> None:
        self._drain_s = drain_s
        self._open = 0
        self._none_open = asyncio.Event()
        self._none_open.set()
        self.begun = False

    @contextmanager
    def stream(self) -> Iterator[None]:
        """A stream is open for as long as the block lasts."""
        self._open += 1
        self._none_open.clear()
        try:
            yield
        finally:
            self._open -= 1
            if not self._open:
                self._none_open.set()

    async def drain(self, cut: Callable[[], None], hurry: asyncio.Event) -> None:
        """Wait for the open streams, until the limit or until `hurry` is set; `cut` then ends the others, and
        they get a moment for their last event."""
        self.begun = True
        waits = [asyncio.ensure_future(wait) for wait in (self._none_open.wait(), hurry.wait())]
        await asyncio.wait(waits, timeout=self._drain_s, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if self._open:
            cut()
            await asyncio.wait([asyncio.ensure_future(self._none_open.wait())], timeout=_LAST_WORDS_S)
