"""Slots and their queue. Nothing here waits for time: turns come from others' leaving."""

import asyncio
from collections.abc import Coroutine

import pytest

from gateway.failure import Refused
from gateway.limiter import Limiter
from harness.plan.plan import GatewayOptions

FOREVER = 3600.0


class User:
    """Asks for a slot, and holds it until told to leave."""

    def __init__(self, limiter: Limiter, name: str = "", order: list[str] | None = None) -> None:
        self._limiter, self._name, self._order = limiter, name, [] if order is None else order
        self._leave = asyncio.Event()
        self.task = asyncio.create_task(self._ask())
        self.inside = False

    async def _ask(self) -> None:
        async with self._limiter.slot():
            self.inside = True
            self._order.append(self._name)
            await self._leave.wait()
        self.inside = False

    async def leave(self) -> None:
        self._leave.set()
        await self.task

    async def give_up(self) -> None:
        self.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.task


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def limiter(slots: int, queue: int = 0, queue_s: float = FOREVER) -> Limiter:
    return Limiter(GatewayOptions(concurrency=slots, queue=queue, queue_s=queue_s))


def run(play: Coroutine[None, None, None]) -> None:
    asyncio.run(asyncio.wait_for(play, 10))


def test_without_a_limit_nobody_waits():
    async def play() -> None:
        users = [User(free) for _ in range(200)]
        await settle()
        assert all(user.inside for user in users)
        for user in users:
            await user.leave()

    free = Limiter(GatewayOptions())
    run(play())
    assert (free.held, free.queued) == (0, 0)


def test_turns_come_in_the_order_of_asking():
    async def play() -> None:
        one, order = limiter(1, queue=3), []
        users = [User(one, name, order) for name in "abcd"]
        await settle()
        assert (one.held, one.queued, order) == (1, 3, ["a"])
        for user in users:
            await user.leave()
            await settle()
        assert order == ["a", "b", "c", "d"]
        assert (one.held, one.queued) == (0, 0)

    run(play())


def test_a_full_queue_refuses_at_once_and_says_when_to_come_back():
    async def play() -> None:
        full = limiter(1, queue=1, queue_s=7.5)
        users = [User(full), User(full)]
        await settle()
        with pytest.raises(Refused) as refused:
            async with full.slot():
                pass
        why = refused.value.failure
        assert (why.status, why.code, why.headers) == (503, "gateway_busy", {"retry-after": "8"})
        for user in users:
            await user.leave()

    run(play())


def test_a_turn_that_does_not_come_in_time_is_a_refusal_and_leaves_the_queue():
    async def play() -> None:
        slow = limiter(1, queue=1, queue_s=0.01)
        first = User(slow)
        await settle()
        with pytest.raises(Refused):
            async with slow.slot():
                pass
        assert slow.queued == 0
        await first.leave()
        assert slow.held == 0

    run(play())


def test_who_gives_up_inside_or_in_the_queue_frees_what_was_taken():
    async def play() -> None:
        one = limiter(1, queue=2)
        first, second, third = User(one), User(one), User(one)
        await settle()
        await second.give_up()
        assert one.queued == 1
        await first.give_up()
        await settle()
        assert third.inside
        await third.leave()
        assert (one.held, one.queued) == (0, 0)

    run(play())


def test_a_turn_that_comes_as_its_user_gives_up_goes_to_the_next():
    async def play() -> None:
        one = limiter(1, queue=2)
        first, second, third = User(one), User(one), User(one)
        await settle()
        first._leave.set()
        await asyncio.sleep(0)  # the slot is second's now, who has not run yet
        second.task.cancel()
        await settle()
        assert third.inside
        await third.leave()
        assert (one.held, one.queued) == (0, 0)

    run(play())
