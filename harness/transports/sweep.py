"""Looks over all open streams twenty times a second and ends those whose time is up.

One greenlet for the whole process: a timer a stream costs more than the reads it guards. A stream whose user
goes by nothing but time limits is left alone until the first of them can run out.
"""

import gevent
import msgspec

from harness import clock
from harness.plan.target import Limits
from harness.policies.patience import Patience
from harness.record import StreamRecord
from harness.transports.deadlines import expired, look_again_ns
from harness.transports.ending import Cause
from harness.transports.leaving import Leaving
from harness.transports.watch import Watch

PERIOD_S = 0.05


class _Entry(msgspec.Struct):
    record: StreamRecord
    limits: Limits
    leaving: Leaving | None
    patience: Patience | None
    next_ns: int = 0  # nothing happens before


class Sweep:
    """The open streams of a process and their time limits."""

    def __init__(self) -> None:
        self._open: dict[Watch, _Entry] = {}
        self._next_ns = 0  # nothing happens to any of them before
        self._greenlet: gevent.Greenlet | None = None

    def __len__(self) -> int:
        return len(self._open)

    def start(self) -> None:
        if self._greenlet is None or self._greenlet.ready():
            self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
            self._greenlet = None

    def add(
        self,
        record: StreamRecord,
        watch: Watch,
        limits: Limits,
        leaving: Leaving | None,
        patience: Patience | None = None,
    ) -> None:
        self._open[watch] = _Entry(record, limits, leaving, patience)
        self._next_ns = 0

    def remove(self, watch: Watch) -> None:
        self._open.pop(watch, None)

    def _run(self) -> None:
        while True:
            gevent.sleep(PERIOD_S)
            self.look(clock.now())

    def look(self, now_ns: int) -> None:
        """End every stream that has outlived a limit or its user's stay at `now_ns`."""
        if now_ns < self._next_ns:
            return
        for watch, entry in list(self._open.items()):
            if now_ns < entry.next_ns:
                continue
            cause = self._judge(watch, entry, now_ns)
            if cause is not None:
                watch.end(cause)
            elif entry.leaving is None and entry.patience is None:
                entry.next_ns = look_again_ns(entry.record, watch.last_ns, entry.limits, now_ns)
        self._next_ns = min((entry.next_ns for entry in self._open.values()), default=0)

    def _judge(self, watch: Watch, entry: _Entry, now_ns: int) -> Cause | None:
        if entry.leaving is not None and entry.leaving.due(entry.record, now_ns):
            return Cause.LEFT
        if entry.patience is not None and entry.patience.is_over(entry.record.last_content_ns, now_ns):
            return Cause.GAVE_UP
        return expired(entry.record, watch.last_ns, entry.limits, now_ns)
