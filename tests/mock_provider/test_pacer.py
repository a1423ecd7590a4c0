import asyncio

import pytest

from harness import clock
from mock_provider.pacer import Pacer


class FakeLoop:
    """Remembers the one timer; the test rings it."""

    def __init__(self) -> None:
        self.armed: list[tuple[float, object]] = []

    def call_later(self, delay: float, callback: object) -> "FakeLoop":
        self.armed.append((delay, callback))
        return self

    def cancel(self) -> None:
        self.armed.pop()

    def ring(self) -> None:
        _, callback = self.armed.pop()
        assert callable(callback)
        callback()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    at = [0]
    monkeypatch.setattr(clock, "now", lambda: at[0])
    return at


def test_what_is_due_is_called_in_order_and_what_is_not_waits_for_its_own_ring(now: list[int]) -> None:
    loop, called = FakeLoop(), []
    pacer = Pacer(loop)  # type: ignore[arg-type]
    for name, due_ns in (("c", 30), ("a", 10), ("b", 10)):
        pacer.at(due_ns * clock.MS, lambda name=name: called.append(name))  # type: ignore[misc]
    assert len(loop.armed) == 1
    assert loop.armed[0][0] == pytest.approx(0.010)
    now[0] = 10 * clock.MS
    loop.ring()
    assert called == ["a", "b"]
    assert loop.armed[0][0] == pytest.approx(0.020)
    now[0] = 31 * clock.MS
    loop.ring()
    assert called == ["a", "b", "c"]
    assert loop.armed == []


def test_a_ring_that_comes_too_early_calls_nothing_and_waits_on(now: list[int]) -> None:
    loop, called = FakeLoop(), []
    pacer = Pacer(loop)  # type: ignore[arg-type]
    pacer.at(10 * clock.MS, lambda: called.append(1))
    now[0] = 10 * clock.MS - 1
    loop.ring()
    assert called == []
    assert loop.armed[0][0] == pytest.approx(0.001)


def test_a_cancelled_alarm_stays_silent(now: list[int]) -> None:
    loop, called = FakeLoop(), []
    pacer = Pacer(loop)  # type: ignore[arg-type]
    pacer.at(0, lambda: called.append(1)).cancel()
    loop.ring()
    assert called == []


def test_a_callback_may_ask_for_another_and_that_arms_once(now: list[int]) -> None:
    loop, called = FakeLoop(), []
    pacer = Pacer(loop)  # type: ignore[arg-type]
    pacer.at(0, lambda: pacer.at(5 * clock.MS, lambda: called.append(1)) and None)
    loop.ring()
    assert len(loop.armed) == 1
    now[0] = 5 * clock.MS
    loop.ring()
    assert called == [1]


def test_a_callback_that_fails_does_not_stop_the_clock_of_the_others(now: list[int]) -> None:
    loop, called = FakeLoop(), []
    pacer = Pacer(loop)  # type: ignore[arg-type]

    def fails() -> None:
        raise ZeroDivisionError

    pacer.at(0, fails)
    pacer.at(0, lambda: called.append(1))
    with pytest.raises(ZeroDivisionError):
        loop.ring()
    loop.ring()
    assert called == [1]


def test_a_real_loop_rings_too() -> None:
    async def run() -> bool:
        rung = asyncio.Event()
        Pacer(asyncio.get_running_loop()).at(clock.now(), rung.set)
        async with asyncio.timeout(20):
            return await rung.wait()

    assert asyncio.run(run())
