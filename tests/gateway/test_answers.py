"""Answers whose end does not come from the provider. The provider here never says a word."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from gateway import failure
from gateway.answer import Answer
from gateway.answers import Answers
from gateway.failure import Failure, Refused
from gateway.limiter import Limiter
from gateway.parts import Parts
from gateway.upstream import Reply
from harness import dialects
from harness.dialects.dialect import Ask
from harness.plan.plan import GatewayOptions

HI = Ask(prompt="hi", model="m")


class Silent:
    """A provider that has begun to answer, and says nothing."""

    dialect = dialects.load("openai")

    @asynccontextmanager
    async def ask(self, ask: Ask, authorization: str) -> AsyncIterator[Reply]:
        yield self

    async def read(self, until: float) -> bytes | None:
        await asyncio.Event().wait()


class Broken(Answer):
    def __init__(self, *_: object) -> None:
        raise ZeroDivisionError


def run(play: Coroutine[None, None, None]) -> None:
    asyncio.run(asyncio.wait_for(play, 10))


def answers(parts: Parts | None = None, **limits: float) -> Answers:
    options = GatewayOptions(**limits)
    return Answers(parts or Parts(), Silent(), Limiter(options), options, "")


async def ended(answer) -> Failure | None:
    while not answer.over:
        await answer.news(0, asyncio.get_running_loop().time() + 1)
    return answer.failure


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize("steps", [0, 1, 5])
def test_an_answer_that_is_cut_says_so_however_far_it_is(steps):
    async def play() -> None:
        found = answers()
        one = found.begin("a", HI, "", "stream")
        for _ in range(steps):
            await asyncio.sleep(0)
        found.cut()
        assert await ended(one) == failure.SHUT_DOWN
        await found.close()

    run(play())


def test_a_mistake_of_ours_ends_the_answer_too(caplog):
    async def play() -> None:
        found = answers(replace(Parts(), answer=Broken))
        one = found.begin("a", HI, "", "stream")
        assert await ended(one) == failure.BROKEN
        await settle()
        await found.close()

    run(play())


def test_when_the_last_listener_leaves_the_answer_is_stopped_and_kept():
    async def play() -> None:
        found = answers()
        one = found.begin("a", HI, "", "stream")
        with found.listening(one, 0), found.listening(one, 0):
            await settle()
        assert await ended(one) == failure.LEFT
        await settle()
        assert found.find("a", None, "").failure == failure.LEFT
        await found.close()

    run(play())


def test_as_long_as_somebody_listens_it_goes_on():
    async def play() -> None:
        found = answers()
        one = found.begin("a", HI, "", "stream")
        with found.listening(one, 0):
            with found.listening(one, 0):
                await settle()
            await settle()
            assert not one.over
            assert found.stop("a", "")
            assert await ended(one) == failure.STOPPED
        await found.close()

    run(play())


def test_a_second_answer_of_the_same_name_takes_the_name():
    async def play() -> None:
        found = answers()
        first = found.begin("a", HI, "", "stream")
        second = found.begin("a", HI, "", "stream")
        await settle()
        assert found.find("a", HI, "") is second
        assert found.stop("a", "")
        assert await ended(second) == failure.STOPPED
        assert not first.over
        await found.close()

    run(play())


def test_a_name_is_its_keys_and_its_questions():
    async def play() -> None:
        found = answers()
        found.begin("a", HI, "Bearer me", "stream")
        for ask, key, why in (
            (None, "Bearer other", failure.UNKNOWN),
            (Ask(prompt="else", model="m"), "Bearer me", failure.OTHER_ASK),
        ):
            with pytest.raises(Refused) as refused:
                found.find("a", ask, key)
            assert refused.value.failure == why
        assert found.find("b", None, "") is None
        await found.close()

    run(play())
