"""Starts the streams of open-loop phases at their intended instants, whatever became of earlier ones."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import gevent
import numpy as np
from gevent.pool import Group
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser

from harness import clock
from harness.load.arrivals import read_trace, schedule
from harness.load.session import Session
from harness.load.shape import classes_of
from harness.plan.draws import generator
from harness.plan.phases import Phase

# How a task says that it is over, or wants another one; an arrival has only one.
_OVER = (StopUser, RescheduleTask, RescheduleTaskImmediately, InterruptTaskSet)


class _Arrival(NamedTuple):
    due_ns: int
    phase: Phase
    user_class: type


class OpenLoop:
    """One load process's share of all open-loop arrivals: every `shards`-th from number `shard` on."""

    def __init__(self, environment: Any, session: Session, shard: int, shards: int) -> None:
        self._environment, self._session = environment, session
        self._shard, self._shards = shard, shards
        self._streams = Group()
        self._driver: gevent.Greenlet | None = None
        self._arrivals = self._all()
        self._next: _Arrival | None = None  # taken from the schedule, not started yet

    def start(self) -> None:
        self._driver = gevent.spawn(self._drive)

    def stop(self, limit_s: float) -> None:
        """Start no more; let the open ones finish within `limit_s`, then cut them. May be called again, to
        cut those for which another call waits."""
        driver, self._driver = self._driver, None
        if driver is not None:
            driver.kill()
            self._record_missed(clock.now())
        if limit_s > 0:
            self._streams.join(timeout=limit_s)
        self._streams.kill()

    def _record_missed(self, now_ns: int) -> None:
        taken = [self._next] if self._next is not None else []
        for arrival in chain(taken, self._arrivals):
            if arrival.due_ns > now_ns:
                return
            self._not_started(arrival, "the run ended before it could start")

    def _drive(self) -> None:
        try:
            for arrival in self._arrivals:
                self._next = arrival
                delay_ns = arrival.due_ns - clock.now()
                if delay_ns > 0:
                    gevent.sleep(delay_ns / clock.SECOND)
                self._next = None
                self._start(arrival)
        except Exception as error:  # noqa: BLE001  the hub would print it, and the load would just be missing
            self._session.harness_error(error)

    def _all(self) -> Iterator[_Arrival]:
        phases = self._session.phases
        assert phases is not None
        for begin_ns, _, phase in phases.spans:
            if not phase.load.closed:
                yield from self._of(phase, begin_ns)

    def _of(self, phase: Phase, begin_ns: int) -> Iterator[_Arrival]:
        rng = generator(self._session.plan.seed, "arrivals", phase.name)
        trace = read_trace(Path(phase.load.trace)) if phase.load.trace is not None else None
        due = schedule(phase.load, phase.duration_s, rng, trace)
        classes = classes_of(self._environment.user_classes, phase.scenario_name)
        if not classes:
            raise ValueError(f"phase {phase.name}: no user class was loaded from {phase.scenario_name}.py")
        weights = np.array([float(getattr(cls, "weight", 1)) for cls in classes])
        picks = rng.choice(len(classes), size=len(due), p=weights / weights.sum())
        mine = slice(self._shard, None, self._shards)
        for offset_ns, pick in zip(due[mine].tolist(), picks[mine].tolist(), strict=True):
            yield _Arrival(begin_ns + offset_ns, phase, classes[pick])

    def _start(self, arrival: _Arrival) -> None:
        cap = max(1, arrival.phase.load.max_in_flight // self._shards)
        if len(self._streams) >= cap:
            self._not_started(arrival, f"{cap} streams were in flight, the plan's max_in_flight")
        else:
            self._streams.spawn(self._one, arrival)

    def _not_started(self, arrival: _Arrival, why: str) -> None:
        self._session.not_started(arrival.phase, arrival.due_ns, why)

    def _one(self, arrival: _Arrival) -> None:
        """One arrival is one user with one task; if that never asks, the record says so."""
        user, why = None, "the run ended before it could start"
        try:
            user = arrival.user_class(self._environment)
            user.intended_ns = arrival.due_ns
            user.on_start()
            _do_one_task(user)
            why = "its task asked nothing"
        except _OVER:
            why = "its task ended without asking"
        except Exception as error:  # noqa: BLE001  as Locust does with a task of its own users
            why = f"its scenario failed: {type(error).__name__}: {error}"
            self._environment.events.user_error.fire(
                user_instance=user, exception=error, tb=error.__traceback__
            )
        finally:
            if user is None or user.intended_ns is not None:  # a stream takes it
                self._not_started(arrival, why)
            if user is not None:
                user.on_stop()


def _do_one_task(user: Any) -> None:
    """A task of `user`, chosen by weight, also out of a TaskSet in a TaskSet."""
    owner = user
    task = owner.tasks[int(user.rng.integers(len(owner.tasks)))]
    while isinstance(task, type):
        owner = task(owner)
        task = owner.tasks[int(user.rng.integers(len(owner.tasks)))]
    task(owner)
