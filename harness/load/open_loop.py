"""Starts the streams of open-loop phases at their intended instants, whatever became of earlier ones."""

from pathlib import Path
from typing import Any

import gevent
import numpy as np
from gevent.pool import Group

from harness import clock
from harness.load.arrivals import read_trace, schedule
from harness.load.session import Session
from harness.load.shape import classes_of
from harness.plan.draws import generator
from harness.plan.phases import Phase
from harness.record import StreamRecord


class OpenLoop:
    """One load process's share of all open-loop arrivals."""

    def __init__(self, environment: Any, session: Session, workers: int) -> None:
        self._environment, self._session, self._workers = environment, session, workers
        self._streams = Group()
        self._driver: gevent.Greenlet | None = None

    def start(self) -> None:
        self._driver = gevent.spawn(self._drive)

    def stop(self, limit_s: float) -> None:
        """Start no more; let the open ones finish within `limit_s`, then cut them."""
        if self._driver is not None:
            self._driver.kill()
        if limit_s > 0:
            self._streams.join(timeout=limit_s)
        self._streams.kill()

    def _drive(self) -> None:
        phases = self._session.phases
        assert phases is not None
        for begin_ns, _, phase in phases.spans:
            if not phase.load.closed:
                self._drive_phase(begin_ns, phase)

    def _drive_phase(self, begin_ns: int, phase: Phase) -> None:
        session = self._session
        rng = generator(session.plan.seed, "arrivals", phase.name)
        trace = read_trace(Path(phase.load.trace)) if phase.load.trace is not None else None
        due = schedule(phase.load, phase.duration_s, rng, trace)
        mine = due[session.worker_index % self._workers :: self._workers]
        classes = classes_of(self._environment.user_classes, phase.scenario_name)
        weights = np.array([float(getattr(cls, "weight", 1)) for cls in classes])
        picks = rng.choice(len(classes), size=len(mine), p=weights / weights.sum())
        cap = max(1, phase.load.max_in_flight // self._workers)
        for offset_ns, pick in zip(mine.tolist(), picks.tolist(), strict=True):
            due_ns = begin_ns + offset_ns
            delay_ns = due_ns - clock.now()
            if delay_ns > 0:
                gevent.sleep(delay_ns / clock.SECOND)
            if len(self._streams) >= cap:
                record = StreamRecord(stream=session.next_stream(), intended_ns=due_ns, phase=phase.name)
                session.not_started(record, f"{cap} streams were in flight, the plan's max_in_flight")
            else:
                self._streams.spawn(self._one, classes[pick], due_ns)

    def _one(self, user_class: type, due_ns: int) -> None:
        user = user_class(self._environment)
        user.intended_ns = due_ns
        tasks = user.tasks
        try:
            tasks[int(user.rng.integers(len(tasks)))](user)
        finally:
            user.on_stop()
