"""A Locust master's part: one start instant, rows from all workers, and the drain at the end."""

from collections import Counter
from pathlib import Path
from typing import Any

import gevent
import locust.runners
import msgspec

from harness import clock
from harness.load.live import LiveLine
from harness.load.outbox import Inbox
from harness.load.phase_clock import PhaseClock
from harness.load.shape import PlanShape
from harness.load.wiring import Wiring
from harness.plan.plan import Plan

_START_DELAY_NS = 2 * clock.SECOND  # the spawn message must have reached every worker by then


class Master:
    """Gathers; never runs users."""

    def __init__(self, environment: Any, runner: Any, plan: Plan, wiring: Wiring, planned: bool) -> None:
        self._environment, self._runner, self._plan, self._wiring = environment, runner, plan, wiring
        self._planned = planned
        self._inbox = Inbox(Path(wiring.folder) / "parts" if wiring.folder else None)
        self._answered: set[str] = set()
        self._states: dict[str, dict[str, Any]] = {}
        self._lost: set[str] = set()
        self._present: set[str] = set()
        self._stopping = False
        self._ttft_ms: list[float] = []
        self._errors_said: set[tuple[str, str]] = set()
        self._phases: PhaseClock | None = None
        self._live: gevent.Greenlet | None = None
        environment.events.test_start.add_listener(self.on_start)
        environment.events.worker_report.add_listener(self.on_report)
        environment.events.test_stopping.add_listener(self.on_stopping)
        environment.events.test_stop.add_listener(self.on_stop)
        environment.events.quitting.add_listener(self.on_quitting)
        runner.register_message("sp_drained", self.on_drained)

    def on_start(self, **_: Any) -> None:
        options = self._environment.parsed_options
        options.sp_start_wall_ns = clock.wall_ns() + _START_DELAY_NS
        self._present = {client.id for client in self._runner.clients.ready}
        options.sp_shards = {client: number for number, client in enumerate(sorted(self._present))}
        self._answered.clear()
        self._lost.clear()
        self._stopping = False
        start_ns = options.sp_start_wall_ns - clock.wall_minus_monotonic()
        self._phases = PhaseClock(self._plan.phases, start_ns)
        if isinstance(self._environment.shape_class, PlanShape):
            self._environment.shape_class.phases = self._phases
        self._say("load_start", start_ns)
        self._live = gevent.spawn(self._tick)

    def _tick(self) -> None:
        while True:
            gevent.sleep(1)
            self._notice_losses()
            self._say("tick", clock.now())
            self._say_errors()

    def _notice_losses(self) -> None:
        for worker in self._present - self._alive() - self._answered:
            self._say_lost(worker, "stopped answering")

    def _say_lost(self, worker: str, how: str) -> None:
        if worker not in self._lost:
            self._lost.add(worker)
            process = self._states.get(worker, {}).get("process", worker)
            self._say("worker_lost", clock.now(), f"load worker {process} {how}")

    def _say_errors(self) -> None:
        for worker, state in self._states.items():
            for text in state["errors"]:
                if (worker, text) not in self._errors_said:
                    self._errors_said.add((worker, text))
                    self._say("harness_error", clock.now(), text)

    def _alive(self) -> set[str]:
        return {client.id for client in self._runner.clients.all if client.state != "missing"}

    def on_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        parcel = data.pop("streamproof", None)
        if parcel is None:
            return
        self._inbox.take(parcel["process"], parcel)
        self._states[client_id] = parcel
        self._ttft_ms += parcel["ttft_ms"]

    def on_drained(self, msg: Any, **_: Any) -> None:
        self._answered.add(msg.node_id)
        if msg.node_id in self._states:
            self._inbox.expected[self._states[msg.node_id]["process"]] = msg.data["made"]

    def on_stopping(self, **_: Any) -> None:
        if self._phases is None:
            return
        again, self._stopping = self._stopping, True
        if self._planned:
            over = clock.now() >= self._phases.end_ns
            if over and not again:
                self._say_deserters()
            limit_s = self._plan.drain_s if over and not again else 0.0
        else:
            limit_s = float(self._environment.stop_timeout or 0)
        self._runner.send_message("sp_drain", {"limit_s": limit_s})
        deadline_ns = clock.now() + int((limit_s + 5) * clock.SECOND)
        while self._waiting_for() and clock.now() < deadline_ns:
            gevent.sleep(0.05)  # we may be called inside the message loop: poll, do not wait

    def _say_deserters(self) -> None:
        """A worker that somebody stopped hands over all it has, but its share of the load was missing."""
        for worker in sorted(self._answered):
            self._say_lost(worker, "was stopped before the plan's end")

    def _waiting_for(self) -> set[str]:
        return (self._present & self._alive()) - self._answered

    def on_stop(self, **_: Any) -> None:
        if self._live is None:
            return
        self._live.kill()
        self._live = None
        self._notice_losses()
        for worker in self._waiting_for():
            self._say_lost(worker, "did not hand over its records in time")
        if isinstance(self._environment.shape_class, PlanShape):
            self._environment.shape_class.phases = None  # of the next test, nothing is known yet
        inbox = self._inbox
        for worker, made in inbox.expected.items():
            if inbox.received.get(worker, 0) != made:
                text = f"{worker} made {made} records, {inbox.received.get(worker, 0)} arrived"
                self._say("worker_lost", clock.now(), text)
        if inbox.gaps:
            self._say("worker_lost", clock.now(), f"reports of workers that never arrived: {inbox.gaps}")
        self._say_errors()
        self._say("load_end", clock.now())

    def on_quitting(self, **_: Any) -> None:
        self.on_stop()
        if self._wiring.folder:
            self._environment.process_exit_code = 0  # the verdict is made from the records

    def _say(self, event: str, t_ns: int, text: str = "") -> None:
        if not self._wiring.folder:
            return
        outcomes: Counter[str] = Counter()
        for state in self._states.values():
            outcomes.update(state["outcomes"])
        ttft_ms, self._ttft_ms = self._ttft_ms, []
        line = LiveLine(
            t_ns=t_ns,
            event=event,
            users=self._runner.user_count,
            in_flight=sum(state["in_flight"] for state in self._states.values()),
            finished=outcomes.total(),
            outcomes=dict(outcomes),
            ttft_ms=ttft_ms,
            rows=sum(self._inbox.expected.values()),
            tokens=sum(state.get("tokens", 0) for state in self._states.values()),
            text=text,
        )
        folder = Path(self._wiring.folder) / "parts"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "live.jsonl").open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")


locust.runners.WORKER_REPORT_INTERVAL = 1.0  # rows and progress once a second
