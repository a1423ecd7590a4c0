"""What the streaming engine costs and how right it is, against an emitter on another core.

    python -m bench.engine --streams 500 --json

So many users, each with one long stream, in one load process, with de-chunking, SSE, JSON, integrity and
recording all on. The emitter writes the ledger's schema, so the run is judged like any other and says itself
whether it may be believed. Figures are taken while all streams are open.

`stamp_error`: arrival stamp of the first token minus its emission stamp. `ttft_error`: the client's TTFT
minus the emitter's, as durations, absolute. `kb_per_stream`: memory of a user and its open stream without the
arrays that grow with every read; `bytes_per_read` is what those take. With several counts one line each.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from harness import clock
from harness.doctor.trial import run_trial
from harness.judge import judge
from harness.metrics.run_data import RunData
from harness.metrics.spans import phase_spans
from harness.plan.phases import Load, Phase
from harness.plan.plan import Plan
from harness.plan.provider import ModelProfile, Provider
from harness.plan.target import Limits, Target

RAMP_S = 4.0
IDLE_S = 3.0  # what the process takes before it has any users
TTFT_MS = 200.0
NAN = float("nan")
FULL = 0.98  # share of the streams open at which the load counts as full


def plan(streams: int, rate: float, seconds: float, workers: int) -> Plan:
    """One stream a user: a phase long enough to start it, too short for a second one."""
    idle = Load(users=1, ramp_s=2 * IDLE_S, think_s=2 * seconds)
    load = Load(users=streams, ramp_s=RAMP_S, think_s=2 * seconds)
    phases = [
        Phase(name="idle", kind="warm_up", duration_s=IDLE_S, load=idle),
        Phase(name="bench", duration_s=RAMP_S + seconds / 2, load=load),
    ]
    limits = Limits(connect_s=30, headers_s=60, first_content_s=60, idle_s=60, total_s=600)
    profile = ModelProfile(ttft_ms=TTFT_MS, itl_ms=1000 / rate)
    return Plan(
        name="bench-engine",
        target=Target(dialect="openai", model="known", limits=limits, connections="fresh"),
        provider=Provider(models={"known": profile}),
        phases=phases,
        drain_s=seconds * 2 + 20,
        workers=workers,
    )


def measure(streams: int, rate: float, seconds: float, folder: Path, workers: int = 1) -> RunData:
    """One run of `streams` streams at `rate` tokens/s for about `seconds` s each."""
    pace = {"ttft_ms": TTFT_MS, "itl_ms": 1000 / rate, "tokens": float(int(rate * seconds))}
    return run_trial(plan(streams, rate, seconds, workers), folder, pace, emitters=workers)


def figures(run: RunData, streams: int) -> dict[str, object]:
    """What a run shows; the keys are named in docs/engine.md."""
    client, ledger = run.streams, run.ledger
    joined = client.merge(ledger, on="stream", suffixes=("", "_provider"))
    stamp_ms = _ms(joined.first_content_ns - joined.first_token_ns)
    ttft_ms = _ms(joined.first_content_ns - joined.sent_ns)
    true_ms = _ms(joined.first_token_ns - joined.received_ns)
    lag_us = np.concatenate(client.read_lag_us.tolist())
    reads = len(lag_us)
    cpu_us, share = cpu_per_event(run.host, emissions(ledger))
    kb, per_read = memory(run, streams)
    validity = judge(run).validity
    return {
        "streams": streams,
        "completed": int((client.outcome == "completed").sum()),
        "tokens_emitted": int(ledger.emitted_tokens.sum()),
        "tokens_lost": int(ledger.emitted_tokens.sum() - client.tokens.sum()),
        "cpu_us_per_event": _rounded(cpu_us, 1),
        "cpu_share": _rounded(share, 2),
        "stamp_error_p50_ms": _rounded(stamp_ms.quantile(0.5), 4),
        "stamp_error_p99_ms": _rounded(stamp_ms.quantile(0.99), 4),
        "ttft_error_p50_ms": _rounded((ttft_ms - true_ms).abs().quantile(0.5), 4),
        "ttft_error_p99_ms": _rounded((ttft_ms - true_ms).abs().quantile(0.99), 4),
        "ttft_mean_ms": _rounded(ttft_ms.mean(), 3),
        "true_ttft_mean_ms": _rounded(true_ms.mean(), 3),
        "ttft_p50_ms": _rounded(ttft_ms.quantile(0.5), 3),
        "true_ttft_p50_ms": _rounded(true_ms.quantile(0.5), 3),
        "read_lag_p99_ms": _rounded(float(np.quantile(lag_us, 0.99)) / 1000 if reads else NAN, 3),
        "events_per_read": _rounded(float(client.content_events.sum()) / max(1, reads), 3),
        "kb_per_stream": _rounded(kb, 1),
        "bytes_per_read": _rounded(per_read, 1),
        "others_cpu": _rounded(float(run.facts.env["others_cpu"]), 3),
        "verdict": validity.state,
        "trust": {check.id: [check.value, check.state] for check in validity.checks},
    }


def emissions(ledger: pd.DataFrame) -> np.ndarray:
    """The instant of every token's emission, ns."""
    rows = [row.received_ns + row.emit_us.astype(np.int64) * 1000 for row in ledger.itertuples()]
    return np.concatenate([np.zeros(0, dtype=np.int64), *rows])


def cpu_per_event(host: pd.DataFrame, emitted_ns: np.ndarray) -> tuple[float, float]:
    """(us of CPU a token event, all load processes; share of a core) over the seconds at full load."""
    load = host[host.process.str.startswith("load")]
    by_process = [rows.sort_values("t_ns") for _, rows in load.groupby("process")]
    used_s, events = 0.0, 0
    for rows in by_process:
        full = rows[rows.in_flight >= rows.in_flight.max() * FULL].iloc[1:-1]
        if full.empty:
            return NAN, NAN
        begin_ns, end_ns = int(full.t_ns.iloc[0]) - clock.SECOND, int(full.t_ns.iloc[-1])
        inside = int(((emitted_ns >= begin_ns) & (emitted_ns < end_ns)).sum())
        used_s += float(full.cpu.mean())
        events += round(inside / ((end_ns - begin_ns) / clock.SECOND) / len(by_process))
    return (used_s / events * 1e6, used_s / len(by_process)) if events else (NAN, NAN)


def memory(run: RunData, streams: int) -> tuple[float, float]:
    """(kB a stream without its arrays, bytes a read), by the growth of the resident memory.

    While all streams are open, memory grows with the reads that are kept and with nothing else: the slope is
    what a read takes, and what remains above the idle process belongs to the streams.
    """
    host = run.host[run.host.process.str.startswith("load")]
    processes = host.process.nunique()
    second = (host.t_ns // clock.SECOND).astype(int)
    total = host.groupby(second).agg(
        t_ns=("t_ns", "max"), mb=("rss_mb", "sum"), open=("in_flight", "sum"), n=("process", "nunique")
    )
    total = total[total.n == processes]
    begin_ns, end_ns = phase_spans(run)["idle"]
    idle = total[(total.t_ns > begin_ns) & (total.t_ns <= end_ns)]
    full = total[total.open >= streams * FULL]
    if idle.empty or len(full) < 3:
        return NAN, NAN
    arrived = np.sort(
        np.concatenate(
            [row.sent_ns + row.read_us.astype(np.int64) * 1000 for row in run.streams.itertuples()]
        )
    )
    kept = np.searchsorted(arrived, full.t_ns.to_numpy(dtype=np.int64))
    slope_mb, start_mb = np.polyfit(kept, full.mb.to_numpy(dtype=np.float64), 1)
    return (float(start_mb) - float(idle.mb.max())) * 1000 / streams, float(slope_mb) * 1e6


def _ms(nanoseconds: pd.Series) -> pd.Series:
    return nanoseconds.astype("float64") / clock.MS


def _rounded(value: float, digits: int) -> float | None:
    return None if np.isnan(value) else round(float(value), digits)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.engine",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--streams", type=int, nargs="+", default=[100, 500, 1000, 2000])
    parser.add_argument("--rate", type=float, default=50.0, help="tokens a second of each stream")
    parser.add_argument("--seconds", type=float, default=15.0, help="length of each stream")
    parser.add_argument("--workers", type=int, default=1, help="load processes")
    parser.add_argument("--json", action="store_true", help="one JSON line for each number of streams")
    arguments = parser.parse_args()
    for streams in arguments.streams:
        with tempfile.TemporaryDirectory(prefix="streamproof-bench-") as folder:
            run = measure(streams, arguments.rate, arguments.seconds, Path(folder), arguments.workers)
            found = figures(run, streams)
        if arguments.json:
            print(json.dumps(found), flush=True)
        else:
            print("\n".join(f"{name:>20}  {value}" for name, value in found.items()), flush=True)


if __name__ == "__main__":
    main()
