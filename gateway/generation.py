"""One answer, generated for whoever listens: its users may leave and come back, meanwhile it goes on."""

import asyncio

from gateway import failure
from gateway.answer import Answer
from gateway.failure import Failure
from gateway.upstream import Reply, Upstream, UpstreamFailed
from harness.dialects.dialect import Ask
from harness.dialects.events import TokenEvent

MAX_BYTES = 8 << 20  # of one answer
_AHEAD = 4096  # pieces that the provider may be ahead of the slowest listener


class Generation:
    """The one request to the provider that an answer costs, and all of the answer so far.

    `run` it as a task of its own; cancel that task to stop the provider, with `give_up` saying why.
    """

    def __init__(self, owner: str, question: str) -> None:
        self.owner, self.question = owner, question
        self.answer = Answer()
        self.pieces: list[TokenEvent] = []
        self.refused: Failure | None = None  # the provider never began to answer
        self.begun = False
        self.listeners: dict[object, int] = {}  # how many pieces each has been sent
        self.why: Failure = failure.SHUT_DOWN
        self._size = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()

    @property
    def over(self) -> bool:
        return self.answer.over or self.refused is not None

    async def run(self, upstream: Upstream, ask: Ask, authorization: str, idle_s: float) -> None:
        """Until the answer is over; never raises. Cancelling is one way to be over."""
        try:
            async with upstream.ask(ask, authorization) as reply:
                self.begun = True
                self._tell()
                await self._listen(reply, idle_s)
                if self.answer.failure is None:
                    await reply.drain()
        except UpstreamFailed as error:
            self._fail(error.failure)
        except asyncio.CancelledError:
            self._fail(self.why)

    async def news(self, position: int, until: float) -> None:
        """Wait until there is more than `position` pieces, an ending, or a beginning; at most to `until`."""
        if self.over or len(self.pieces) > position:
            return
        try:
            async with asyncio.timeout_at(until):
                await self._news.wait()
        except TimeoutError:
            pass

    def heard(self, listener: object, position: int) -> None:
        """`listener` has been sent the first `position` pieces."""
        self.listeners[listener] = position
        self._room.set()

    def gone(self, listener: object) -> None:
        self.listeners.pop(listener, None)
        self._room.set()

    async def _listen(self, reply: Reply, idle_s: float) -> None:
        time = asyncio.get_running_loop().time
        heard = time()
        while not self.answer.over:
            try:
                data = await reply.read(heard + idle_s)
            except UpstreamFailed as error:
                self.answer.close(error.failure)
                break
            if data:
                heard = time()
                self._take(self.answer.feed(data))
                await self._wait_for_the_slowest()
            elif data is not None:
                self.answer.close()
            else:
                self.answer.close(failure.STALLED)
        self._tell()

    def _take(self, content: list[TokenEvent]) -> None:
        self.pieces += content
        self._size += sum(len(event.text) for event in content)
        if self._size > MAX_BYTES:
            self.answer.close(failure.TOO_LONG)
        if content:
            self._tell()

    async def _wait_for_the_slowest(self) -> None:
        # A listener that does not read holds the provider back, as it would without a store; it is cut off
        # by its own limit, and then nobody is in the way.
        while self.listeners and len(self.pieces) - min(self.listeners.values()) > _AHEAD:
            self._room.clear()
            await self._room.wait()

    def _fail(self, why: Failure) -> None:
        if not self.begun:
            self.refused = why
        else:
            self.answer.close(why)
        self._tell()

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()
