"""One run, whole: start the stack, drive load and journeys, stop everything, keep every row."""

import os
import platform
import signal
import statistics
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from harness import clock, preflight
from harness.calibration import calibrated_cap
from harness.invocation import NAME, again
from harness.load.lights import HostFiles, lights
from harness.load.live import LiveFile, LiveLine
from harness.load.phase_clock import PhaseClock
from harness.load.wiring import Wiring
from harness.metrics.run_data import RunFacts
from harness.naming import name_of, unused
from harness.network.control import ToxiproxyControl
from harness.network.play import Player, compile_plan, lay_out
from harness.plan.plan import Plan
from harness.record import TimelineEntry
from harness.run_folder import (
    RunFolder,
    collect_parts,
    none_if_refused,
    write_plan,
    write_run_facts,
    write_timeline,
)
from harness.stack.errors import StackError
from harness.stack.load import load_process
from harness.stack.meter import Meter
from harness.stack.part import Part
from harness.stack.probe import PROBE_STREAM, Behind, probe
from harness.stack.stack import Stack
from reports.progress import Live

_LOOK_S = 0.2
_WINDOW_S = 10.0  # of the live percentiles
_OVERTIME_S = 15.0  # a load process that has not ended by then is stopped
_SETTLE_S = 0.7  # for the last ledger rows, after the last stream


class Run:
    """One execution of a plan. `execute` once; afterwards the folder holds all there is to know."""

    def __init__(
        self,
        plan: Plan,
        source: Path,
        root: Path,
        argv: Sequence[str],
        tell: Callable[[str], None],
        show: Callable[[Live], None],
        systems: Mapping[str, str] = {},
    ) -> None:
        """`systems` names the system that a phase asks, by phase, where it is not the target."""
        self._plan, self._source, self._argv = plan, source, list(argv)
        self._tell, self._show = tell, show
        self._systems = {f"{phase}/": url for phase, url in systems.items()}
        started = datetime.now(UTC)
        self.folder = RunFolder(unused(root / name_of(started, plan.name)))
        self._started_utc, self._started_ns = started.isoformat(timespec="seconds"), clock.now()
        self._wall_minus_clock_ns = clock.wall_minus_monotonic()
        self._stack = Stack(plan, self.folder.root)
        self._load: Part | None = None
        self._player: Player | None = None
        self._control: ToxiproxyControl | None = None
        self._network_version = ""
        self._timeline: list[TimelineEntry] = []
        self._notes: list[str] = []
        self._died: list[str] = []
        self._interrupted = False
        self._phases: PhaseClock | None = None
        self._recent: deque[tuple[int, float]] = deque()
        self._last: LiveLine | None = None
        self._host = HostFiles(self.folder.parts)
        self._meter = Meter(self.folder.parts)

    def execute(self) -> None:
        """Raises PlanError or StackError when it cannot even start; then nothing of it is left."""
        with none_if_refused(self.folder.root):
            self._drive(preflight.check(self._plan, self._source))
        self._keep()

    def _drive(self, ready: preflight.Ready) -> None:
        plan, folder = self._plan, self.folder
        write_plan(folder, plan)
        self._tell(f"prompts         {len(ready.prompts)}, {ready.whose_prompts}")
        folder.parts.mkdir(parents=True, exist_ok=True)
        before = {
            number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            self._stack.start(self._tell)
            if plan.target.url is not None:
                self._look_behind()
            wiring = Wiring(
                url=self._stack.url,
                cohorts={**self._cohorts(), **self._systems},
                folder=str(folder.root.resolve()),
                prompts=ready.prompts,
            )
            self._load = load_process(ready.scenarios, folder.plan, wiring, plan.workers, folder.root)
            self._load.start(cwd=folder.parts)
            self._supervise()
        finally:
            self._end()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, *_: object) -> None:
        self._interrupted = True

    def _look_behind(self) -> None:
        """Ask a system that is already up one question: it must stream, and our mock may be behind it."""
        plan = self._plan
        key = os.environ.get(plan.target.api_key_env or "", "")
        seed = plan.seed if plan.provider is not None else None
        streamed = any(phase.streamed for phase in plan.phases)
        if probe(plan.target, key, seed, streamed) is Behind.MOCK or plan.provider is None:
            return
        note = (
            f"the target does not use the mock provider at {self._stack.provider_url}, so only what its "
            "users see is measured; set the mock as its provider's base URL to measure both ends"
        )
        self._notes.append(note)
        self._tell(f"note: {note}")
        self._plan = msgspec.structs.replace(plan, provider=None)
        write_plan(self.folder, self._plan)

    def _cohorts(self) -> dict[str, str]:
        network = self._stack.network
        if network is None:
            return {}
        self._tell(f"networks        played by {network.name}")
        if network.builtin:
            self._notes.append(
                "the built-in proxy played the networks; Toxiproxy was not to be had or not wanted"
            )
        control = self._control = ToxiproxyControl("127.0.0.1", self._stack.network_port)
        found = control.probe()
        if not found.patch:
            raise StackError(
                f"{network.name} answers as version {found.version} and takes no PATCH: networks could not "
                "change while users are on them. Use Toxiproxy 2.12.0 (`streamproof toxiproxy install`) or "
                "STREAMPROOF_TOXIPROXY=builtin"
            )
        self._network_version = found.version
        urls = lay_out(self._plan, self._plan.seed, self._stack.upstream, control)
        self._player = Player(control, compile_plan(self._plan, self._plan.seed), self._timeline.append)
        return {f"{phase}/{cohort}": url for (phase, cohort), url in urls.items()}

    def _supervise(self) -> None:
        assert self._load is not None
        live = LiveFile(self.folder.parts / "live.jsonl")
        deadline_s = time.monotonic() + self._plan.duration_s + self._plan.drain_s + 60
        while True:
            for line in live.new_lines():
                self._take(line)
            status = self._load.exit_status()
            if status is not None:
                if not self._interrupted:
                    self._died += self._end_of_load(status)
                return
            dead = self._stack.died()
            for name in dead:
                self._died.append(f"the {name} died (status {self._stack.status(name)})")
                entry = TimelineEntry(t_ns=clock.now(), kind="process", what="died", params={"name": name})
                self._timeline.append(entry)
            if dead or self._interrupted:
                return
            if self._phases is not None:
                deadline_s = min(deadline_s, self._deadline_s())
            if time.monotonic() > deadline_s:
                self._died.append("the load process did not end in time and was stopped")
                return
            self._meter.look(self._stack.parts)
            self._progress()
            time.sleep(_LOOK_S)

    def _end_of_load(self, status: int) -> list[str]:
        """What is wrong with a load process that has ended by itself."""
        if status != 0:
            return [f"the load process ended with status {status}"]
        if self._phases is not None and clock.now() < self._phases.end_ns:
            return ["the load process was stopped before the plan's end"]
        return []

    def _deadline_s(self) -> float:
        assert self._phases is not None
        left_ns = self._phases.end_ns - clock.now()
        return time.monotonic() + left_ns / clock.SECOND + self._plan.drain_s + _OVERTIME_S

    def _take(self, line: LiveLine) -> None:
        self._last = line
        self._recent.extend((line.t_ns, ttft) for ttft in line.ttft_ms)
        match line.event:
            case "load_start":
                self._begin(line.t_ns)
            case "worker_lost" | "harness_error":
                self._died.append(line.text)
            case _:
                pass

    def _begin(self, start_ns: int) -> None:
        self._phases = PhaseClock(self._plan.phases, start_ns)
        self._timeline.append(TimelineEntry(t_ns=start_ns, kind="run", what="load_start"))
        for begin_ns, end_ns, phase in self._phases.spans:
            for t_ns, what in ((begin_ns, "start"), (end_ns, "end")):
                entry = TimelineEntry(t_ns=t_ns, kind="phase", what=what, phase=phase.name)
                self._timeline.append(entry)
            if self._player is not None:
                self._player.play(phase.name, begin_ns)

    def _progress(self) -> None:
        line, phases = self._last, self._phases
        if line is None or phases is None:
            return
        now_ns = clock.now()
        while self._recent and self._recent[0][0] < now_ns - _WINDOW_S * clock.SECOND:
            self._recent.popleft()
        phase = phases.at(now_ns)
        asking = phase if phase is not None else self._plan.phases[-1]  # in the drain, the last one's
        ttfts = sorted(ttft for _, ttft in self._recent)
        self._show(
            Live(
                elapsed_s=(now_ns - phases.start_ns) / clock.SECOND,
                duration_s=self._plan.duration_s,
                phase=phase.name if phase is not None else "drain",
                users=line.users if asking.load.users is not None else None,
                in_flight=line.in_flight,
                finished=line.finished,
                ttft_p50_ms=statistics.median(ttfts) if ttfts else None,
                ttft_p95_ms=ttfts[int(len(ttfts) * 0.95)] if ttfts else None,
                outcomes=line.outcomes,
                tokens=line.tokens,
                lights={**lights(self._host.recent())},
                faults_now=active_faults(self._timeline),
            )
        )

    def _end(self) -> None:
        """Stop load, journeys and stack, in that order; the load first, so that its records are whole."""
        if self._load is not None:
            self._load.stop(grace_s=4.0)
        if self._player is not None:
            self._player.stop()
            tainted = self._player.tainted.items()
            self._notes += [f"the network of {key[0]}/{key[1]} is tainted: {why}" for key, why in tainted]
        if self._control is not None and not self._control.healthy():
            self._notes.append("the network proxy had stopped answering by the end of the run")
        if self._load is not None:
            time.sleep(_SETTLE_S)
        self._meter.close()
        self._stack.stop()

    def _network_facts(self) -> dict[str, Any]:
        if self._stack.network is None:
            return {}
        took_ms = [entry.params.get("took_ms", 0.0) for entry in self._timeline if entry.kind == "network"]
        return {
            "network": {
                "played by": self._stack.network.name,
                "version": self._network_version,
                "cohorts": len(self._plan.cohorts),
                "tcp_rto": self._plan.network.tcp_rto,
                "slowest change, ms": max(took_ms, default=0.0),
            }
        }

    def _keep(self) -> None:
        for line in LiveFile(self.folder.parts / "live.jsonl").new_lines():
            if line.event in ("worker_lost", "harness_error") and line.text not in self._died:
                self._died.append(line.text)
            self._last = line
        if self._phases is None and not self._interrupted and not self._died:
            self._died.append("the load never started; its log says why")
        write_timeline(self.folder, self._timeline)
        damaged = collect_parts(self.folder, except_stream=PROBE_STREAM)
        ended = self._last is not None and self._last.event == "load_end"
        write_run_facts(
            self.folder,
            RunFacts(
                id=self.folder.root.name,
                name=self._plan.name,
                started_utc=self._started_utc,
                started_ns=self._started_ns,
                wall_minus_clock_ns=self._wall_minus_clock_ns,
                ended_ns=clock.now(),
                seed=self._plan.seed,
                command=again(self._argv or [NAME], "run", str(self.folder.plan)),
                argv=self._argv,
                git=_git(),
                interrupted=self._interrupted or bool(self._died),
                died=self._died,
                notes=self._notes,
                damaged=damaged,
                rows_expected={"load": self._last.rows} if ended and self._last is not None else {},
                env={**_environment(), **self._network_facts()},
            ),
        )


def active_faults(timeline: Sequence[TimelineEntry]) -> list[str]:
    """The network faults that have begun and not ended, in words."""
    active: dict[tuple[str, str], str] = {}
    for entry in list(timeline):
        fault, _, stage = entry.what.rpartition("_")
        if stage == "begin":
            active[entry.cohort, fault] = f"{fault} ({entry.cohort})"
        elif stage == "end":
            active.pop((entry.cohort, fault), None)
    return list(active.values())


def _git() -> str:
    """The commit of the working folder, where it is one: a run belongs to a state of somebody's code."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty"],  # noqa: S607  whichever git the user has
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip()


def _environment() -> dict[str, Any]:
    packages = ("streamproof", "locust", "gevent", "aiohttp", "httptools")
    return {
        "kernel": platform.release(),
        "machine": platform.machine(),
        "cpus": _usable_cpus(),
        "python": platform.python_version(),
        "clock": "CLOCK_MONOTONIC",
        "engine": "gevent",
        "versions": {name: version(name) for name in packages},
        "events_per_worker": calibrated_cap(),
    }


def _usable_cpus() -> int:
    if sys.platform.startswith("linux"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
