"""Wakes callbacks at absolute instants: one heap and one timer for all streams of the process.

The event loop's timers count whole milliseconds. A timer of its own per frame would round each one and
cost a timer object; here every wake-up serves all that is due, never early, at most about a millisecond late.
"""

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

from harness import clock

Callback = Callable[[], None]


class Alarm:
    """A callback waiting for its instant. `cancel` lets go of it at once."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callback) -> None:
        self.callback: Callback | None = callback

    def cancel(self) -> None:
        self.callback = None


class Pacer:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._heap: list[tuple[int, int, Alarm]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None
        self._armed_ns = 0

    def at(self, due_ns: int, callback: Callback) -> Alarm:
        """Call `callback` once `due_ns` has come."""
        alarm = Alarm(callback)
        heapq.heappush(self._heap, (due_ns, next(self._order), alarm))
        if self._timer is None or due_ns < self._armed_ns:
            self._arm()
        return alarm

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._heap:
            self._armed_ns = self._heap[0][0]
            wait_ms = max(0, -(-(self._armed_ns - clock.now()) // clock.MS))
            self._timer = self._loop.call_later(wait_ms / 1000, self._ring)

    def _ring(self) -> None:
        # While callbacks run, `_armed_ns` in the past keeps `at` from arming for each of them.
        self._armed_ns = 0
        heap = self._heap
        now = clock.now()
        try:
            while heap and heap[0][0] <= now:
                alarm = heapq.heappop(heap)[2]
                if alarm.callback is not None:
                    alarm.callback()
        finally:
            # A callback that fails is reported by the loop; it must not stop the clock for all others.
            self._timer = None
            self._arm()
