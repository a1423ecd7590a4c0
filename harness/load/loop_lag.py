"""How late the hub of a process is with a timer: whatever keeps it from turning makes every stream wait.

The timer is the hub's own and wakes no greenlet, so that it costs little of what it watches.
"""

from typing import Any

import gevent

from harness import clock

PERIOD_S = 0.005
_PERIOD_NS = int(PERIOD_S * clock.SECOND)


class LoopLag:
    """Collects by how much each tick was late, ns, until stopped."""

    def __init__(self) -> None:
        self._lags: list[int] = []
        self._due_ns = 0
        self._timer: Any = None

    def start(self) -> None:
        self._lags, self._due_ns = [], clock.now() + _PERIOD_NS
        self._timer = gevent.get_hub().loop.timer(PERIOD_S, PERIOD_S, ref=False)
        self._timer.start(self.tick)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer.close()
            self._timer = None

    def tick(self) -> None:
        now_ns = clock.now()
        self._lags.append(max(0, now_ns - self._due_ns))
        # From now on, and not on a grid: libev waits for whole milliseconds, and would be late on nearly all.
        self._due_ns = now_ns + _PERIOD_NS
        if self._timer is not None:
            self._timer.again(self.tick, update=True)

    def take(self) -> list[int]:
        """The lags since the last call, in ascending order; of one tick at least."""
        lags, self._lags = self._lags, []
        return sorted(lags) or [max(0, clock.now() - self._due_ns)]
