"""Plays the scores of a run's cohorts on their proxies, on time, and writes down what was done when.

One thread waits for the next operation; a small pool carries them out, so that a proxy which does not
answer delays nobody else. The operations of one proxy keep their order.
"""

import heapq
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import msgspec

from harness import clock
from harness.network.api import PARALLEL
from harness.network.control import ToxiproxyControl
from harness.network.errors import ControlError
from harness.network.journeys import Operation
from harness.network.layout import Key, compile_plan, lay_out, proxy_name
from harness.record import TimelineEntry

__all__ = ["Player", "compile_plan", "lay_out", "proxy_name"]

Log = Callable[[TimelineEntry], None]


class Due(msgspec.Struct, frozen=True, order=True):
    """An operation with the instant at which it is wanted; `number` keeps equals in their order."""

    at_ns: int
    number: int
    key: Key
    operation: Operation


class Player:
    """Carries out operations at their time.

    Phases are begun one by one with `play`; `stop` ends everything at once. `log` is called from several
    threads, one call at a time.
    """

    def __init__(self, control: ToxiproxyControl, scores: Mapping[Key, list[Operation]], log: Log) -> None:
        self._control, self._scores, self._log = control, scores, log
        self._due: list[Due] = []
        self._numbers = 0
        self._lanes: dict[Key, deque[Due]] = {}
        self._busy: set[Key] = set()
        self._changed = threading.Condition()
        self._log_lock = threading.Lock()
        self.stopped = False
        self._pool = ThreadPoolExecutor(PARALLEL, thread_name_prefix="network")
        self._thread = threading.Thread(target=self._run, name="network-player", daemon=True)
        self._thread.start()

    def play(self, phase: str, start_ns: int) -> None:
        """Begin the phase: its cohorts' operations happen at `start_ns` plus their offsets."""
        with self._changed:
            for key, score in self._scores.items():
                if key[0] == phase:
                    for operation in score:
                        self._numbers += 1
                        due = Due(start_ns + operation.offset_ns, self._numbers, key, operation)
                        heapq.heappush(self._due, due)
            self._changed.notify_all()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Until everything that was begun has been done; False if that takes longer than `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._due and not self._busy, timeout_s)

    def stop(self) -> None:
        """Drop what has not begun, let calls in flight end within their time limit, end the threads."""
        with self._changed:
            self.stopped = True
            self._due.clear()
            for lane in self._lanes.values():
                lane.clear()
            self._changed.notify_all()
        self._thread.join()
        self._pool.shutdown(wait=True)

    @property
    def tainted(self) -> dict[Key, str]:
        """The cohorts whose path did not do what it was told, and why."""
        return {
            key: self._control.tainted[name]
            for key in self._scores
            if (name := proxy_name(*key)) in self._control.tainted
        }

    def _run(self) -> None:
        with self._changed:
            while not self.stopped:
                now = clock.now()
                while self._due and self._due[0].at_ns <= now:
                    self._hand_over(heapq.heappop(self._due))
                wait_s = (self._due[0].at_ns - now) / clock.SECOND if self._due else None
                self._changed.wait(wait_s)

    def _hand_over(self, due: Due) -> None:
        """Queue an operation behind those of its proxy. The lock is held."""
        self._lanes.setdefault(due.key, deque()).append(due)
        if due.key not in self._busy:
            self._busy.add(due.key)
            self._pool.submit(self._drain, due.key)

    def _drain(self, key: Key) -> None:
        while True:
            with self._changed:
                if not self._lanes[key]:
                    self._busy.discard(key)
                    self._changed.notify_all()
                    return
                due = self._lanes[key].popleft()
            self._perform(due)

    def _perform(self, due: Due) -> None:
        phase, cohort = due.key
        operation, error = due.operation, ""
        began = ended = clock.now()
        try:
            done = self._control.apply(proxy_name(phase, cohort), operation.patches)
            began, ended = done.sent_ns, done.answered_ns
        except ControlError as failure:
            error, ended = str(failure), clock.now()
        took_ms = round((ended - began) / clock.MS, 3)
        entry = TimelineEntry(
            t_ns=began,
            kind="network",
            what=operation.what,
            planned_ns=due.at_ns,
            phase=phase,
            cohort=cohort,
            params={**operation.params, "took_ms": took_ms},
            error=error,
        )
        with self._log_lock:
            self._log(entry)
