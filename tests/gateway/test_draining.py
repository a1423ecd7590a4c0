import asyncio
from collections.abc import Coroutine

from gateway.draining import Draining

FOREVER = 3600.0


def run(play: Coroutine[None, None, None]) -> None:
    asyncio.run(asyncio.wait_for(play, 10))


class Stream:
    def __init__(self, draining: Draining) -> None:
        self.over = asyncio.Event()
        self.task = asyncio.create_task(self._run(draining))

    async def _run(self, draining: Draining) -> None:
        with draining.stream():
            await self.over.wait()


def test_with_nothing_open_it_is_over_at_once():
    async def play() -> None:
        draining = Draining(FOREVER)
        assert not draining.begun
        await draining.drain(lambda: None, asyncio.Event())
        assert draining.begun

    run(play())


def test_it_waits_for_the_last_open_stream_and_cuts_none():
    async def play() -> None:
        draining, cut = Draining(FOREVER), []
        streams = [Stream(draining), Stream(draining)]
        await asyncio.sleep(0)
        waiting = asyncio.create_task(draining.drain(lambda: cut.append(1), asyncio.Event()))
        streams[0].over.set()
        await streams[0].task
        assert not waiting.done()
        streams[1].over.set()
        await waiting
        assert cut == []

    run(play())


def test_after_its_time_the_rest_is_cut_and_may_still_say_so():
    async def play() -> None:
        draining = Draining(0.0)
        stream = Stream(draining)
        await asyncio.sleep(0)
        await draining.drain(stream.over.set, asyncio.Event())
        await stream.task

    run(play())


def test_who_is_in_a_hurry_does_not_wait():
    async def play() -> None:
        draining, hurry = Draining(FOREVER), asyncio.Event()
        stream = Stream(draining)
        await asyncio.sleep(0)
        waiting = asyncio.create_task(draining.drain(stream.over.set, hurry))
        await asyncio.sleep(0)
        hurry.set()
        await waiting
        await stream.task

    run(play())
