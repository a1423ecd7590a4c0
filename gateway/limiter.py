"""How many answers may be under way at once, and how many users may wait for their turn."""

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway import failure
from gateway.failure import Refused
from harness.plan.plan import GatewayOptions


class Limiter:
    """Slots, given in the order of asking. A full queue, or a turn that does not come in time, is a refusal:
    a user who is told can choose, one who waits without end cannot. Without `concurrency` there is no limit.
    """

    def __init__(self, options: GatewayOptions) -> None:
        self._slots, self._queue, self._queue_s = options.concurrency, options.queue, options.queue_s
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.held = 0

    @property
    def queued(self) -> int:
        return len(self._waiting)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[float]:
        """Hold a slot for as long as the block lasts; gives the seconds that were waited for it.

        Raises Refused when there is none to be had in time. Whoever is cancelled leaves the queue.
        """
        queued_s = await self._take()
        try:
            yield queued_s
        finally:
            self.release()

    def release(self) -> None:
        """Give a slot back: to who has waited longest, if anybody does."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)  # the slot changes hands
                return
        self.held -= 1

    async def _take(self) -> float:
        if not self._slots or self.held < self._slots:
            self.held += 1
            return 0.0
        if len(self._waiting) >= self._queue:
            raise self._busy()
        loop = asyncio.get_running_loop()
        began, turn = loop.time(), loop.create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self._queue_s):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            self._forget(turn)
            if isinstance(error, TimeoutError):
                raise self._busy() from None
            raise
        return loop.time() - began

    def _forget(self, turn: "asyncio.Future[None]") -> None:
        if turn in self._waiting:
            self._waiting.remove(turn)
        elif turn.done() and not turn.cancelled():
            self.release()  # the turn came in the same moment as the end of the wait

    def _busy(self) -> Refused:
        return Refused(failure.busy(max(1, math.ceil(self._queue_s))))
