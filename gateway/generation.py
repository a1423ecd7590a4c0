"""One answer, generated for whoever listens: its users may leave and come back, meanwhile it goes on."""

import asyncio
from typing import TYPE_CHECKING

from gateway import failure
from gateway.answer import Answer
from gateway.failure import Failure, Refused
from gateway.kept import Kept
from gateway.limiter import Limiter
from gateway.upstream import Upstream
from harness.dialects.dialect import Ask
from harness.dialects.events import TokenEvent, Usage
from harness.plan.plan import GatewayOptions

if TYPE_CHECKING:
    from gateway.parts import Parts

MAX_BYTES = 8 << 20  # of one answer
_LONG_S = 3600.0
_AHEAD = 4096  # pieces that the provider may be ahead of the slowest listener


class Generation:
    """What an answer costs at the provider, and all of the answer so far.

    `run` it as a task of its own; cancel that task to stop the provider, with `why` saying the reason.
    `over` turns true once and for good; only then do `failure`, `reason` and `usage` mean anything.
    """

    def __init__(
        self, parts: "Parts", options: GatewayOptions, owner: str, question: str, endpoint: str
    ) -> None:
        self.owner, self.question, self.endpoint = owner, question, endpoint
        self.pieces: list[TokenEvent] = []
        self.begun = False  # the provider has begun to answer
        self.over = False
        self.failure: Failure | None = None
        self.reason = ""  # why the provider stopped
        self.usage: Usage | None = None
        self.attempts = 0
        self.queued_s = 0.0
        self.listeners: dict[object, int] = {}  # how many pieces each has been sent
        self.why: Failure = failure.SHUT_DOWN
        self._parts, self._options = parts, options
        self._showing = parts.showing(options)
        self._size = 0
        self._waiters: set[asyncio.Future[None]] = set()
        self._room = asyncio.Event()

    @property
    def refused(self) -> Failure | None:
        """Why there is no answer at all, not even the beginning of one."""
        return self.failure if self.over and not self.begun else None

    async def run(self, upstream: Upstream, limiter: Limiter, ask: Ask, authorization: str) -> None:
        """Until the answer is over; never raises. Cancelling is one way to be over."""
        try:
            async with limiter.slot() as self.queued_s:
                rounds, usage = self._parts.rounds(self._options), None
                following = rounds.begin(ask)
                while True:
                    answer, content = await self._ask(upstream, following, authorization)
                    usage = _sum(usage, answer.usage)
                    onward = None
                    if answer.failure is None:
                        onward = await rounds.go_on(following, answer, content)
                    if onward is None:
                        break
                    following, told = onward
                    self._take(self._showing.show(told))
        except Refused as error:
            self._end(error.failure)
        except asyncio.CancelledError:
            self._end(self.why)
        else:
            self._end(answer.failure, answer.reason, usage)

    async def news(self, position: int, until: float) -> None:
        """Wait until there is more than `position` pieces, an ending, or a beginning; at most to `until`."""
        if self.over or len(self.pieces) > position:
            return
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiters.add(waiter)
        until = min(until, loop.time() + _LONG_S)  # which may be never
        timer = loop.call_at(until, _wake, waiter)  # a third of what asyncio.timeout_at costs, at each piece
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiters.discard(waiter)

    def heard(self, listener: object, position: int) -> None:
        """`listener` has been sent the first `position` pieces."""
        self.listeners[listener] = position
        self._room.set()

    def gone(self, listener: object) -> None:
        self.listeners.pop(listener, None)
        self._room.set()

    def abandon(self, cancelled: bool) -> None:
        """Its task is over. Whoever still waits has to be told, after a mistake of ours too; and a task that
        is cancelled before its first step never gets to say anything."""
        if not self.over:
            self._end(self.why if cancelled else failure.BROKEN)

    def kept(self) -> Kept:
        """What stays of it."""
        pieces = [(event.kind, event.text) for event in self.pieces]
        codes = {n: (event.code, event.id) for n, event in enumerate(self.pieces) if event.code}
        return Kept(
            self.owner, self.question, pieces, self.failure, self.reason, self.usage, codes, self.endpoint
        )

    async def _ask(self, upstream: Upstream, ask: Ask, authorization: str) -> tuple[Answer, list[TokenEvent]]:
        """The provider's answer, whole or failed for good, and the content of its last attempt."""
        retrying, attempts = self._parts.retrying(self._options), 0
        while True:
            attempts += 1
            self.attempts += 1
            answer = self._parts.answer(self._parts.wire(), upstream.dialect.decoder())
            content: list[TokenEvent] = []
            try:
                await self._attempt(upstream, ask, authorization, answer, content)
            except Refused as error:
                answer.close(error.failure)
            if answer.failure is None:
                self._take(self._showing.end())
                return answer, content
            wait_s = retrying.wait_s(answer.failure, attempts, len(content))
            if wait_s is None:
                return answer, content
            await asyncio.sleep(wait_s)

    async def _attempt(
        self, upstream: Upstream, ask: Ask, authorization: str, answer: Answer, content: list[TokenEvent]
    ) -> None:
        time = asyncio.get_running_loop().time
        patience = self._parts.patience(self._options, time())
        async with upstream.ask(ask, authorization) as reply:
            self.begun = True
            self._tell()
            patience.heard(time(), content=False)
            while not answer.over:
                try:
                    data = await reply.read(patience.until)
                except Refused as error:
                    answer.close(error.failure)
                    break
                if data:
                    fresh = answer.feed(data)
                    content += fresh
                    self._size += sum(len(event.text) for event in fresh)  # also of what nobody is shown
                    self._take(self._showing.show(fresh))
                    if self._size > MAX_BYTES:
                        answer.close(failure.TOO_LONG)
                    await self._wait_for_the_slowest()
                    patience.heard(time(), bool(fresh))
                elif data is not None:
                    fresh = answer.end()
                    content += fresh
                    self._take(self._showing.show(fresh))
                elif why := patience.lost(time()):
                    answer.close(why)
            if answer.failure is None:
                reply.finish()

    def _take(self, shown: list[TokenEvent]) -> None:
        if shown:
            self.pieces += shown
            self._tell()

    async def _wait_for_the_slowest(self) -> None:
        # A listener that does not read holds the provider back, as it would without a store; it is cut off
        # by its own limit, and then nobody is in the way.
        while self.listeners and len(self.pieces) - min(self.listeners.values()) > _AHEAD:
            self._room.clear()
            await self._room.wait()

    def _end(self, why: Failure | None, reason: str = "", usage: Usage | None = None) -> None:
        self.over, self.failure, self.reason, self.usage = True, why, reason, usage
        self._tell()

    def _tell(self) -> None:
        waiters, self._waiters = self._waiters, set()
        for waiter in waiters:
            _wake(waiter)


def _wake(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)


def _sum(one: Usage | None, other: Usage | None) -> Usage | None:
    """Of two questions to the provider that made one answer."""
    if one is None or other is None:
        return one or other
    return Usage(
        one.input_tokens + other.input_tokens,
        one.output_tokens + other.output_tokens,
        one.reasoning_tokens + other.reasoning_tokens,
    )
