"""The glue to Locust: options, start, drain, stop. Importing it registers the listeners and does no more."""

import os
import signal
from pathlib import Path
from typing import Any

import gevent
import msgspec
from locust import events
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from harness import clock, dialects
from harness.load.collector import Collector
from harness.load.dispatcher import PhaseDispatcher
from harness.load.live import LiveLine
from harness.load.master import Master
from harness.load.open_loop import OpenLoop
from harness.load.session import Session
from harness.load.shape import PlanShape
from harness.load.web_tab import install as install_web_tab
from harness.load.wiring import Wiring
from harness.load.worker import Worker
from harness.plan.phases import Load, Phase
from harness.plan.plan import Plan
from harness.plan.reader import load_plan
from harness.plan.target import Target

_WITHOUT_END_S = 1e7


@events.init_command_line_parser.add_listener
def add_options(parser: Any, **_: Any) -> None:
    group = parser.add_argument_group("Streamproof")
    group.add_argument(
        "--plan",
        default="",
        env_var="STREAMPROOF_PLAN",
        help="Plan with phases, target and limits (YAML); it decides on users and run time",
    )
    group.add_argument(
        "--wiring",
        default="",
        env_var="STREAMPROOF_WIRING",
        help="Addresses of a run; set by streamproof run",
    )
    for_the_page = [
        group.add_argument(
            "--dialect",
            default="generic",
            choices=dialects.names(),
            env_var="STREAMPROOF_DIALECT",
            help="Without a plan: the API that the host speaks",
        ),
        group.add_argument(
            "--model", default="", env_var="STREAMPROOF_MODEL", help="Without a plan: the model to ask for"
        ),
        group.add_argument(
            "--api-key-env",
            default="",
            env_var="STREAMPROOF_API_KEY_ENV",
            help="Without a plan: name of the environment variable that holds the API key",
        ),
    ]
    # Locust sets these on options of the parser itself, not on a group's. The plan is left out of the page:
    # it is read when the process starts.
    for action in for_the_page:
        action.include_in_web_ui = True
        action.is_secret = action.is_required = action.is_multiple = False


@events.init.add_listener
def on_init(environment: Any, runner: Any, **_: Any) -> None:
    options = environment.parsed_options
    planned = bool(getattr(options, "plan", ""))
    wiring = _wiring(options, environment)
    install_web_tab(environment)
    if planned:
        plan = load_plan(Path(options.plan))
        environment.stop_timeout = plan.drain_s
    else:
        plan = _plan_of_locust_options(options)
    if isinstance(runner, MasterRunner):
        Master(environment, runner, plan, wiring, planned)
    else:
        _LoadProcess(environment, runner, plan, wiring, planned)
    if planned and not isinstance(runner, WorkerRunner):
        # Headless with a shape, Locust minds SIGTERM only after the last phase; until then it is a Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        environment.shape_class = PlanShape(plan, environment.user_classes)
        environment.dispatcher_class = PhaseDispatcher


def _wiring(options: Any, environment: Any) -> Wiring:
    text = getattr(options, "wiring", "")
    return msgspec.json.decode(text, type=Wiring) if text else Wiring(url="")


def _plan_of_locust_options(options: Any) -> Plan:
    phase = Phase(name="load", duration_s=_WITHOUT_END_S, load=Load(users=1, ramp_s=1.0))
    return Plan(name="locust", provider=None, target=_target(options), phases=[phase])


def _target(options: Any) -> Target:
    return Target(
        dialect=getattr(options, "dialect", None) or "generic",
        model=getattr(options, "model", None) or None,
        api_key_env=getattr(options, "api_key_env", None) or None,
    )


def _key(target: Target) -> str:
    return os.environ.get(target.api_key_env or "", "")


class _LoadProcess:
    """A process that has users: Locust's local runner, or one of its workers."""

    def __init__(self, environment: Any, runner: Any, plan: Plan, wiring: Wiring, planned: bool) -> None:
        self._environment, self._runner, self._planned = environment, runner, planned
        index = getattr(runner, "worker_index", 0) if runner is not None else 0
        self._ships = isinstance(runner, WorkerRunner)
        self.session = Session(plan, wiring, _key(plan.target), max(0, index), self._ships, planned)
        environment.streamproof = self.session
        self._collector = Collector()
        self._open_loop: OpenLoop | None = None
        self._live: gevent.Greenlet | None = None
        self._errors_said = 0
        self._stopping = False
        self._worker = Worker(environment, runner, self.session) if self._ships else None
        environment.events.test_start.add_listener(self.on_start)
        environment.events.test_stopping.add_listener(self.on_stopping)
        environment.events.test_stop.add_listener(self.on_stop)
        environment.events.quitting.add_listener(self.on_quitting)
        environment.events.user_error.add_listener(self.on_user_error)

    def on_start(self, **_: Any) -> None:
        session, environment = self.session, self._environment
        if self._planned:
            environment.stop_timeout = session.plan.drain_s
        else:
            target = _target(environment.parsed_options)  # the web page may have changed it
            session.aim(target, _key(target))
        session.url = session.wiring.url or environment.host or session.plan.target.url or self._class_host()
        self._stopping = False
        self._collector.start()
        start_ns = clock.now() if self._worker is None else self._worker.start_ns()
        session.begin(start_ns)
        if isinstance(environment.shape_class, PlanShape):
            environment.shape_class.phases = session.phases
        shard, shards = (0, 1) if self._worker is None else self._worker.shard()
        if shard is not None:  # a worker that came too late has no share of the arrivals
            self._open_loop = OpenLoop(environment, session, shard, shards)
            self._open_loop.start()
        self._say("load_start")
        self._live = gevent.spawn(self._tick)

    def _class_host(self) -> str:
        return next((cls.host for cls in self._environment.user_classes if cls.host), "")

    def _tick(self) -> None:
        while True:
            gevent.sleep(1)
            self.session.health.in_flight = self.session.in_flight
            self._collector.look(self.session.in_flight)
            self.session.outbox.flush()
            self._say("tick")
            self._say_errors()

    def on_user_error(self, exception: Exception, **_: Any) -> None:
        self.session.harness_error(exception)

    def on_stopping(self, **_: Any) -> None:
        """Told to stop before the plan's end, or again while streams may still finish: cut, do not drain."""
        phases = self.session.phases
        again, self._stopping = self._stopping, True
        cut = self._planned and phases is not None and (again or clock.now() < phases.end_ns)
        if cut and self._worker is None:  # a worker does as its master's drain says
            self._environment.stop_timeout = 0
        if self._open_loop is not None:
            self._open_loop.stop(self._environment.stop_timeout or 0)

    def on_stop(self, **_: Any) -> None:
        if self._live is None:
            return
        self._live.kill()
        self._live = None
        self.session.end()
        if isinstance(self._environment.shape_class, PlanShape):
            self._environment.shape_class.phases = None  # of the next test, nothing is known yet
        self._say_errors()
        self._say("load_end")

    def on_quitting(self, **_: Any) -> None:
        if self._live is not None and self._worker is None:
            self._runner.stop()  # now, so that the records of streams it cuts are still written
        self.on_stop()
        if self.session.wiring.folder and isinstance(self._runner, LocalRunner):
            self._environment.process_exit_code = 0  # the verdict is made from the records

    def _say_errors(self) -> None:
        errors = self.session.harness_errors
        for text in errors[self._errors_said :]:
            self._say("harness_error", text)
        self._errors_said = len(errors)

    def _say(self, event: str, text: str = "") -> None:
        session = self.session
        if self._ships:
            return  # its parcels take the rest along
        ttft_ms, session.ttft_ms = session.ttft_ms, []
        if not session.wiring.folder:
            return
        phases = session.phases
        line = LiveLine(
            t_ns=phases.start_ns if event == "load_start" and phases is not None else clock.now(),
            event=event,
            users=self._runner.user_count,
            in_flight=session.in_flight,
            finished=session.outcomes.total(),
            outcomes=dict(session.outcomes),
            ttft_ms=ttft_ms,
            rows=session.outbox.made,
            tokens=session.tokens,
            text=text,
        )
        with (Path(session.wiring.folder) / "parts" / "live.jsonl").open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")
