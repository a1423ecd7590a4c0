"""One load against the emitter: a plan is run, and both ends of it come back as a run to be judged."""

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from harness import clock
from harness.calibration import calibrated_cap
from harness.doctor.others import others_since, used
from harness.load.live import LiveFile
from harness.load.phase_clock import PhaseClock
from harness.load.wiring import Wiring
from harness.metrics.run_data import RunData, RunFacts
from harness.plan.plan import Plan
from harness.preflight import SCENARIOS
from harness.record import TimelineEntry
from harness.run_folder import (
    RunFolder,
    collect_parts,
    read_run,
    write_plan,
    write_run_facts,
    write_timeline,
)
from harness.stack.errors import StackError
from harness.stack.load import load_process
from harness.stack.part import Part, free_port

_LOOK_S = 0.1
_OVERTIME_S = 30.0


def run_trial(plan: Plan, folder: Path, pace: dict[str, float], emitters: int = 1) -> RunData:
    """Run `plan` against `emitters` fresh emitter processes and read everything back.

    `pace` holds options of the emitter (`ttft_ms`, `itl_ms`, `tokens`, `vary`). Where there is a core for
    each process, the emitters get the last ones and the load the others. Raises StackError when something
    cannot start or the load never does.
    """
    run = RunFolder(folder.resolve())  # the parts have working folders of their own
    write_plan(run, plan)
    run.parts.mkdir(parents=True, exist_ok=True)
    started_ns, before = clock.now(), used()
    cores = _cores()
    enough = emitters + plan.workers <= len(cores)
    sources = start_emitters(run.root, {**pace, "seed": plan.seed}, emitters, pinned=enough)
    load: Part | None = None
    try:
        wiring = Wiring(url=f"http://127.0.0.1:{port_of(sources)}", folder=str(run.root))
        load = load_process([SCENARIOS / "chat.py"], run.plan, wiring, plan.workers, run.root)
        load.start(cwd=run.parts)
        if enough:
            os.sched_setaffinity(load.pid, cores[:-emitters])
        _wait(load, plan)
    finally:
        if load is not None:
            load.stop()
        for source in sources:
            source.stop()
    return _kept(run, plan, started_ns, load.exit_status(), others_since(before))


def start_emitters(root: Path, pace: dict[str, float], count: int, pinned: bool = True) -> list[Part]:
    """Emitters that share one port; `pinned` each to a core of its own, from the last one on.

    Their ledgers are parts below `root`. Raises StackError.
    """
    port = free_port() if count > 1 else 0
    sources: list[Part] = []
    try:
        for number in range(count):
            name = f"emitter-{number}"
            command = [sys.executable, "-m", "harness.doctor.emitter", "--name", name]
            command += ["--ledger-dir", str(root / "parts"), "--port", str(port)]
            for key, value in pace.items():
                command += [f"--{key.replace('_', '-')}", f"{value:g}"]
            source = Part(name, command, root / "logs" / f"{name}.log")
            sources.append(source)
            source.start()
            source.wait_ready_line()
            if pinned:
                os.sched_setaffinity(source.pid, {_cores()[-1 - number]})
    except BaseException:
        for source in sources:
            source.stop()
        raise
    return sources


def port_of(sources: list[Part]) -> int:
    """Where all of them listen."""
    return int(sources[0].wait_ready_line()["port"])


def _cores() -> list[int]:
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def _wait(load: Part, plan: Plan) -> None:
    deadline_s = time.monotonic() + plan.duration_s + plan.drain_s + _OVERTIME_S
    while load.exit_status() is None:
        if time.monotonic() > deadline_s:
            return  # what there is says enough; the caller stops it
        time.sleep(_LOOK_S)


def _kept(run: RunFolder, plan: Plan, started_ns: int, status: int | None, others: float) -> RunData:
    lines = LiveFile(run.parts / "live.jsonl").new_lines()
    starts = [line.t_ns for line in lines if line.event == "load_start"]
    if not starts:
        log = run.root / "logs" / "load.log"
        said = log.read_text(errors="replace").strip().splitlines()[-3:] if log.exists() else []
        raise StackError(f"the load never started; its log {log} says: {' | '.join(said) or 'nothing'}")
    timeline = [TimelineEntry(t_ns=starts[0], kind="run", what="load_start")]
    for begin_ns, end_ns, phase in PhaseClock(plan.phases, starts[0]).spans:
        timeline.append(TimelineEntry(t_ns=begin_ns, kind="phase", what="start", phase=phase.name))
        timeline.append(TimelineEntry(t_ns=end_ns, kind="phase", what="end", phase=phase.name))
    write_timeline(run, timeline)
    died = [line.text for line in lines if line.event in ("worker_lost", "harness_error")]
    if status != 0:
        died.append(f"the load process ended with status {status}")
    ended = lines[-1].event == "load_end"
    facts = RunFacts(
        id=run.root.name,
        name=plan.name,
        started_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        started_ns=started_ns,
        ended_ns=clock.now(),
        seed=plan.seed,
        command="streamproof doctor",
        died=list(dict.fromkeys(died)),
        damaged=collect_parts(run),
        rows_expected={"load": lines[-1].rows} if ended else {},
        env={"others_cpu": others, "events_per_worker": calibrated_cap()},
    )
    write_run_facts(run, facts)
    return read_run(run.root)
