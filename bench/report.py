"""Time and memory of `streamproof report` over large run folders.

The folders are made here: streams with 100 (or 200) events each, a ledger that matches them, two phases, a
host. `--json` prints one line: `seconds` and `peak_mb` of 10,000 streams with 1,000,000 token events, and
under `large` those of 100,000 streams with 20,000,000. The command runs as a process of its own, so that its
start and its peak are those that a user would see.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness import record
from harness.metrics.run_data import RunFacts
from harness.plan.reader import load_plan
from harness.record import HostSample, TimelineEntry
from harness.run_folder import RunFolder, write_plan, write_run_facts, write_timeline

SECOND = 1_000_000_000
ORIGIN = 5_000_000_000_000
PLAN = """\
name: large
provider: {models: {mock-chat: {}}}
target: {model: mock-chat}
phases:
  - {name: warm, kind: warm_up, duration_s: 20, load: {users: 50}}
  - {name: steady, duration_s: %d, load: {users: 500}, slo: ["ttft_user p95 < 800 ms"]}
"""


def make(root: Path, streams: int, events: int, length_s: int) -> None:
    """A run folder of `streams` streams with `events` token events each over `length_s` seconds."""
    root.mkdir(parents=True)
    folder = RunFolder(root)
    folder.plan.write_text(PLAN % (length_s - 20))
    write_plan(folder, load_plan(folder.plan))
    rng = np.random.default_rng(7)
    sent = ORIGIN + np.sort(rng.integers(0, length_s * SECOND, streams))
    first = rng.lognormal(5.3, 0.4, streams) * 1000
    gaps = rng.lognormal(3.2, 0.6, (streams, events)).astype(np.float32) * 1000
    gaps[:, 0] = first
    reads = np.cumsum(gaps, axis=1).astype(np.int32)
    del gaps
    _streams(folder, sent, reads, (sent - ORIGIN) / SECOND < 20)
    _ledger(folder, sent, reads)
    names = ("start", "end")
    spans = (("warm", 0, 20), ("steady", 20, length_s))
    timeline = [TimelineEntry(t_ns=ORIGIN, kind="run", what="load_start")]
    timeline += [
        TimelineEntry(t_ns=ORIGIN + at * SECOND, kind="phase", what=what, phase=name)
        for name, *instants in spans
        for what, at in zip(names, instants, strict=True)
    ]
    write_timeline(folder, timeline)
    seconds = range(length_s)
    host = [
        HostSample(
            t_ns=ORIGIN + (at + 1) * SECOND,
            process="load-0",
            cpu=0.4,
            loop_lag_p99_ms=1.0,
            loop_lag_max_ms=3.0,
        )
        for at in seconds
    ]
    record.write_parquet(host, "host", folder.table("host"))
    ended = ORIGIN + (length_s + 30) * SECOND
    facts = RunFacts(
        id=root.name, name="large", started_utc="2026-11-22T10:00:00+00:00", started_ns=ORIGIN,
        ended_ns=ended, seed=7, command="streamproof run plan.yaml", rows_expected={"load-0": streams},
    )  # fmt: skip
    write_run_facts(folder, facts)


def _streams(folder: RunFolder, sent: np.ndarray, reads: np.ndarray, warm: np.ndarray) -> None:
    streams, events = reads.shape
    ones = _lists(np.ones((streams, events), dtype=np.int32))
    first, last = sent + reads[:, 0] * 1000, sent + reads[:, -1] * 1000
    columns = {
        "stream": np.arange(streams) + 1, "attempt": 1, "worker": "load-0", "name": "chat",
        "phase": np.where(warm, "warm", "steady"), "dialect": "openai", "connection": "pooled",
        "intended_ns": sent - 600_000, "dispatched_ns": sent - 500_000, "connected_ns": sent - 100_000,
        "sent_ns": sent, "headers_ns": first, "first_byte_ns": first, "first_event_ns": first,
        "first_content_ns": first, "first_output_ns": first, "last_content_ns": last,
        "terminal_ns": last + 100_000, "closed_ns": last + 200_000, "outcome": "completed", "status": 200,
        "finish_reason": "stop", "http_complete": True, "body_bytes": events * 60, "frames": events + 1,
        "content_events": events, "tokens": events, "output_tokens": events, "verified": True,
        "stamps_kernel": events, "read_us": _lists(reads), "read_lag_us": ones, "read_bytes": ones,
        "read_events": ones, "read_tokens": ones,
    }  # fmt: skip
    _write(folder, "streams", streams, columns)


def _ledger(folder: RunFolder, sent: np.ndarray, reads: np.ndarray) -> None:
    streams, events = reads.shape
    received = sent + 250_000
    emit = reads - 750
    ones = _lists(np.ones((streams, events), dtype=np.int32))
    columns = {
        "request": [f"r{number}" for number in range(streams)], "stream": np.arange(streams) + 1,
        "worker": "mock-0", "dialect": "openai", "received_ns": received, "headers_ns": received + 100_000,
        "first_token_ns": received + emit[:, 0].astype(np.int64) * 1000,
        "last_token_ns": received + emit[:, -1].astype(np.int64) * 1000,
        "terminal_ns": received + emit[:, -1].astype(np.int64) * 1000 + 1000,
        "closed_ns": received + emit[:, -1].astype(np.int64) * 1000 + 2000, "ended_by": "provider",
        "planned_tokens": events, "emitted_tokens": events, "emit_us": _lists(emit), "emit_tokens": ones,
        "late_us": ones,
    }  # fmt: skip
    _write(folder, "ledger", streams, columns)


def _lists(values: np.ndarray) -> pa.Array:
    rows, width = values.shape
    offsets = pa.array((np.arange(rows + 1) * width).astype(np.int32))
    return pa.ListArray.from_arrays(offsets, pa.array(values.reshape(-1)))


def _write(folder: RunFolder, name: str, rows: int, known: dict[str, object]) -> None:
    """Columns that are not given take their field's default."""
    kind = record.ROW_TYPES[name]
    fields = record.schema(kind)
    defaults = {field.name: field.default for field in kind.__struct_fields__ and _fields(kind)}
    arrays = []
    for field in fields:
        value = known.get(field.name, defaults.get(field.name))
        if pa.types.is_list(field.type) and not isinstance(value, pa.Array):
            value = _lists(np.zeros((rows, 0), dtype=np.int32))
        if isinstance(value, np.ndarray | list):
            value = pa.array(value, type=field.type)
        elif not isinstance(value, pa.Array):
            value = pa.array([value] * rows, type=field.type)
        arrays.append(value)
    pq.write_table(pa.Table.from_arrays(arrays, schema=fields), folder.table(name), compression="zstd")


def _fields(kind: type) -> tuple[object, ...]:
    import msgspec

    return msgspec.structs.fields(kind)


def measure(streams: int, events: int, length_s: int) -> dict[str, float]:
    """Seconds and peak memory of `streamproof report` over such a folder."""
    with tempfile.TemporaryDirectory() as room:
        folder = Path(room) / "run"
        maker = [sys.executable, "-m", "bench.report", "--make", str(folder)]
        _child([*maker, str(streams), str(events), str(length_s)])
        return _child([sys.executable, "-m", "harness.cli", "report", str(folder)])


def _child(command: list[str]) -> dict[str, float]:
    """Run to the end; the verdict of the folder is no matter here, a crash is."""
    began = time.perf_counter()
    out = os.open(os.devnull, os.O_WRONLY)
    child = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, out, 1)])
    _, status, used = os.wait4(child, 0)
    os.close(out)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1, 3):
        raise RuntimeError(f"{' '.join(command)} ended with {code}")
    kilobytes = used.ru_maxrss if sys.platform != "darwin" else used.ru_maxrss / 1024
    return {"seconds": round(time.perf_counter() - began, 2), "peak_mb": round(kilobytes / 1024, 1)}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true", help="one JSON line")
    options.add_argument("--small", action="store_true", help="only the folder of 1,000,000 events")
    options.add_argument("--make", nargs=4, metavar=("FOLDER", "STREAMS", "EVENTS", "SECONDS"))
    chosen = options.parse_args()
    if chosen.make:
        folder, *numbers = chosen.make
        make(Path(folder), *map(int, numbers))
        return
    figures: dict[str, object] = {**measure(10_000, 100, 300)}
    if not chosen.small:
        figures["large"] = measure(100_000, 200, 1800)
    if chosen.json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        print(f"{name:10}{figure}")


if __name__ == "__main__":
    main()
