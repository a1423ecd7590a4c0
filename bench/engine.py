"""What the streaming engine costs and how right it is, against an emitter on the other core.

`python -m bench.engine --streams 500 --json`: so many users, each with one long stream of 50 tokens/s,
in one load process, with de-chunking, SSE, JSON, integrity and recording all on. The emitter writes the
ledger's schema, so the run is judged like any other. Stamp error: arrival stamp of the first token minus
its emission stamp. TTFT error: the same for durations from the last request byte.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from harness import clock
from harness.judge import judge
from harness.load.live import LiveFile
from harness.load.wiring import Wiring
from harness.metrics.run_data import RunData, RunFacts
from harness.plan.phases import Load, Phase
from harness.plan.plan import Plan
from harness.plan.provider import ModelProfile, Provider
from harness.plan.target import Limits, Target
from harness.preflight import SCENARIOS
from harness.record import TimelineEntry
from harness.run_folder import RunFolder, collect_parts, read_run, write_plan, write_run_facts, write_timeline
from harness.stack.load import load_process
from harness.stack.part import Part

_RAMP_S = 4.0


def measure(streams: int, rate: float, seconds: float, folder: Path, workers: int = 1) -> dict[str, object]:
    """One run of `streams` streams at `rate` tokens/s for about `seconds` s each."""
    tokens = int(rate * seconds)
    plan = _plan(streams, seconds, workers)
    run = RunFolder(folder)
    write_plan(run, plan)
    emitter = Part(
        "emitter",
        [sys.executable, "-m", "bench.emitter", "--ledger-dir", str(run.parts), "--tokens", str(tokens),
         "--itl-ms", str(1000 / rate)],
        folder / "logs" / "emitter.log",
    )  # fmt: skip
    started_ns = clock.now()
    emitter.start(cwd=Path.cwd())
    try:
        port = emitter.wait_ready_line()["port"]
        wiring = Wiring(url=f"http://127.0.0.1:{port}", folder=str(folder))
        load = load_process([SCENARIOS / "chat.py"], run.plan, wiring, workers, folder)
        _pin(emitter.pid, -1)
        load.start(cwd=folder)
        _pin(load.pid, 0)
        try:
            while load.exit_status() is None:
                time.sleep(0.2)
        finally:
            load.stop()
    finally:
        emitter.stop()
    return _figures(_kept(run, plan, started_ns), streams, tokens)


def _plan(streams: int, seconds: float, workers: int) -> Plan:
    # One stream a user: a phase long enough to start it, too short for a second one.
    phase = Phase(
        name="bench",
        duration_s=_RAMP_S + seconds / 2,
        load=Load(users=streams, ramp_s=_RAMP_S, think_s=2 * seconds),
    )
    limits = Limits(connect_s=30, headers_s=60, first_content_s=60, idle_s=60, total_s=600)
    profile = ModelProfile(ttft_ms=200, itl_ms=20)
    return Plan(
        name="bench-engine",
        target=Target(dialect="openai", model="bench", limits=limits, connections="fresh"),
        provider=Provider(models={"bench": profile}),
        phases=[phase],
        drain_s=seconds * 2 + 20,
        workers=workers,
    )


def _pin(pid: int, core: int) -> None:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(pid, {cores[core]})


def _kept(run: RunFolder, plan: Plan, started_ns: int) -> RunData:
    lines = LiveFile(run.parts / "live.jsonl").new_lines()
    start_ns = lines[0].t_ns
    write_timeline(run, [TimelineEntry(t_ns=start_ns, kind="run", what="load_start")])
    damaged = collect_parts(run)
    facts = RunFacts(
        id=run.root.name, name=plan.name, started_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        started_ns=started_ns, ended_ns=clock.now(), seed=plan.seed, command="python -m bench.engine",
        damaged=damaged, rows_expected={"load": lines[-1].rows},
    )  # fmt: skip
    write_run_facts(run, facts)
    return read_run(run.root)


def _figures(data: RunData, streams: int, tokens: int) -> dict[str, object]:
    client, ledger, host = data.streams, data.ledger, data.host
    joined = client.merge(ledger, on="stream", suffixes=("", "_provider"))
    stamp_ms = (joined.first_content_ns - joined.first_token_ns).astype(float) / clock.MS
    ttft_ms = (joined.first_content_ns - joined.sent_ns).astype(float) / clock.MS
    true_ms = (joined.first_token_ns - joined.received_ns).astype(float) / clock.MS
    summary = judge(data)
    cpu_us, busy = _cpu_per_event(host, ledger)
    full = host[host.in_flight >= streams * 0.98]
    reads = client.read_us.map(len).sum()
    grown_kb = float(full.rss_mb.max() - host.rss_mb.iloc[0]) * 1000 if len(full) else float("nan")
    trust = {check.id: [check.value, check.state] for check in summary.validity.checks}
    return {
        "streams": streams,
        "completed": int((client.outcome == "completed").sum()),
        "tokens": int(client.tokens.sum()),
        "tokens_lost": int(ledger.emitted_tokens.sum() - client.tokens.sum()),
        "cpu_us_per_event": round(cpu_us, 1),
        "cpu_share": round(busy, 2),
        "stamp_error_p50_ms": round(float(stamp_ms.quantile(0.5)), 4),
        "stamp_error_p99_ms": round(float(stamp_ms.quantile(0.99)), 4),
        "ttft_error_p50_ms": round(float((ttft_ms - true_ms).abs().quantile(0.5)), 3),
        "read_lag_p99_ms": round(
            float(np.quantile(np.concatenate(client.read_lag_us.tolist()), 0.99)) / 1000, 3
        ),
        "events_per_read": round(float(client.content_events.sum() / max(1, reads)), 3),
        "kb_per_stream": round(grown_kb / streams, 1),
        "bytes_per_read_kept": 20,
        "verdict": summary.validity.state,
        "trust": trust,
    }


def _cpu_per_event(host: pd.DataFrame, ledger: pd.DataFrame) -> tuple[float, float]:
    """(µs of the load process's CPU a token event, its share of a core) over the seconds at full load."""
    full = host[host.in_flight >= host.in_flight.max() * 0.98].sort_values("t_ns").iloc[1:-1]
    if full.empty:
        return float("nan"), float("nan")
    begin_ns, end_ns = int(full.t_ns.iloc[0]) - clock.SECOND, int(full.t_ns.iloc[-1])
    emitted = np.concatenate(
        [row.received_ns + row.emit_us.astype(np.int64) * 1000 for row in ledger.itertuples()]
    )
    events = int(((emitted >= begin_ns) & (emitted < end_ns)).sum())
    share = float(full.cpu.mean())
    return share * (end_ns - begin_ns) / 1000 / max(1, events), share


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, nargs="+", default=[100, 500, 1000])
    parser.add_argument("--rate", type=float, default=50.0, help="tokens a second of each stream")
    parser.add_argument("--seconds", type=float, default=15.0, help="length of each stream")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    for streams in arguments.streams:
        with tempfile.TemporaryDirectory() as folder:
            found = measure(streams, arguments.rate, arguments.seconds, Path(folder), arguments.workers)
        if arguments.json:
            print(json.dumps(found))
        else:
            for name, value in found.items():
                print(f"{name:>20}  {value}")


if __name__ == "__main__":
    main()
