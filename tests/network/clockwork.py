"""An event loop's clock and timers, moved by hand."""

import heapq
from collections.abc import Callable
from typing import Any


class Timer:
    def __init__(self, at: float, call: Callable[[], None]) -> None:
        self.at, self.call, self.cancelled = at, call, False

    def cancel(self) -> None:
        self.cancelled = True


class Clockwork:
    """Has the part of `asyncio.AbstractEventLoop` that stages use. Time stands still until `run_to`."""

    def __init__(self) -> None:
        self.now = 100.0
        self._number = 0
        self._timers: list[tuple[float, int, Timer]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, call: Callable[[], Any]) -> Timer:
        self._number += 1
        timer = Timer(self.now + delay, call)
        heapq.heappush(self._timers, (timer.at, self._number, timer))
        return timer

    def run_to(self, at: float) -> None:
        """Let everything due until `at` happen, each at its own time."""
        while self._timers and self._timers[0][0] <= at:
            due, _, timer = heapq.heappop(self._timers)
            self.now = max(self.now, due)
            if not timer.cancelled:
                timer.call()
        self.now = max(self.now, at)
