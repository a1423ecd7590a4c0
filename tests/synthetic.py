"""Runs made by hand: records and ledger rows with known stamps, so that every number has a known answer."""

import io
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from harness import record
from harness.judge import judge
from harness.metrics.run_data import RunData, RunFacts
from harness.plan.plan import Plan
from harness.record import HostSample, LedgerRow, Outcome, StreamRecord, TimelineEntry
from harness.summary import Summary

START_NS = 5_000_000_000_000
MS = 1_000_000
SECOND = 1_000 * MS


def int32s(values: Any) -> bytes:
    return np.asarray(values, dtype="<i4").tobytes()


def table(rows: list[Any], name: str) -> pd.DataFrame:
    """Rows as the judging half reads them from a run folder, Parquet and back."""
    buffer = io.BytesIO()
    record.write_parquet(rows, name, buffer)  # type: ignore[arg-type]
    buffer.seek(0)
    return record.read_table(buffer)  # type: ignore[arg-type]


def plan(**keys: Any) -> Plan:
    """A plan with one closed-loop phase called `steady`, unless `phases` says otherwise."""
    keys.setdefault("name", "synthetic")
    keys.setdefault("phases", [{"name": "steady", "duration_s": 20.0, "load": {"users": 10}}])
    return msgspec.convert(keys, Plan)


def at(seconds: float) -> int:
    """`seconds` after the run's origin, as an instant."""
    return START_NS + round(seconds * SECOND)


@dataclass
class Scene:
    """Collects what happened; `run()` is what a run folder would give back."""

    plan: Plan = field(default_factory=plan)
    streams: list[StreamRecord] = field(default_factory=list)
    ledger: list[LedgerRow] = field(default_factory=list)
    host: list[HostSample] = field(default_factory=list)
    timeline: list[TimelineEntry] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.note(0.0, "run", "load_start")
        start = 0.0
        for phase in self.plan.phases:
            self.note(start, "phase", "start", phase=phase.name)
            start += phase.duration_s
            self.note(start, "phase", "end", phase=phase.name)

    def note(self, seconds: float, kind: str, what: str, **keys: Any) -> None:
        self.timeline.append(TimelineEntry(t_ns=at(seconds), kind=kind, what=what, **keys))

    def stream(
        self,
        stream: int,
        begin_s: float = 1.0,
        *,
        ttft_ms: float = 200.0,
        gaps_ms: float | list[float] = 20.0,
        tokens: int = 10,
        outcome: Outcome = Outcome.COMPLETED,
        close_after_ms: float = 1.0,
        **fields: Any,
    ) -> StreamRecord:
        """One attempt: sent 1 ms after it was intended; every token is one event and one read."""
        sent = at(begin_s) + MS
        gaps = [gaps_ms] * (tokens - 1) if isinstance(gaps_ms, float | int) else gaps_ms
        reads = np.cumsum([ttft_ms, *gaps])[:tokens]
        stamps = [sent + round(float(read) * MS) for read in reads]
        ones = int32s(np.ones(tokens))
        last = stamps[-1] if stamps else sent
        completed = outcome is Outcome.COMPLETED
        values: dict[str, Any] = {
            "stream": stream, "phase": self.plan.phases[0].name, "worker": "load-0", "dialect": "generic",
            "intended_ns": at(begin_s), "dispatched_ns": at(begin_s) + MS // 4,
            "connected_ns": at(begin_s) + MS // 2, "sent_ns": sent, "connection": "pooled",
            "headers_ns": stamps[0] if stamps else None, "first_byte_ns": stamps[0] if stamps else None,
            "first_event_ns": stamps[0] if stamps else None,
            "first_content_ns": stamps[0] if stamps else None,
            "first_output_ns": stamps[0] if stamps else None,
            "last_content_ns": stamps[-1] if stamps else None,
            "terminal_ns": last + MS // 2 if completed else None,
            "closed_ns": last + round(close_after_ms * MS),
            "outcome": outcome, "status": 200, "finish_reason": "stop" if completed else "",
            "tokens": tokens, "content_events": tokens, "frames": tokens + 1, "verified": True,
            "output_tokens": tokens if completed else None, "body_bytes": tokens * 60,
            "stamps_kernel": tokens, "http_complete": completed,
            "read_us": int32s([round(float(read) * 1000) for read in reads]),
            "read_lag_us": int32s(np.full(tokens, 30)), "read_bytes": int32s(np.full(tokens, 60)),
            "read_events": ones, "read_tokens": ones,
        }  # fmt: skip
        values.update(fields)
        row = StreamRecord(**values)
        self.streams.append(row)
        return row

    def served(
        self, row: StreamRecord, *, delay_ms: float = 0.5, emitted: int | None = None, **fields: Any
    ) -> LedgerRow:
        """The provider's side of `row`: each token left `delay_ms` before it arrived.

        More tokens than arrived go on at 20 ms each.
        """
        assert row.sent_ns is not None
        received = row.sent_ns + MS // 4
        reads = np.frombuffer(row.read_us, dtype="<i4") - 250 - round(delay_ms * 1000)
        emitted = len(reads) if emitted is None else emitted
        start = int(reads[-1]) if len(reads) else 200_000
        more = start + 20_000 * np.arange(1, max(0, emitted - len(reads)) + 1)
        emit_us = np.concatenate([reads, more])[:emitted]
        last = received + int(emit_us[-1]) * 1000 if emitted else None
        values: dict[str, Any] = {
            "request": f"r-{row.stream}-{len(self.ledger)}", "stream": row.stream, "worker": "mock-0",
            "dialect": "openai", "received_ns": received, "headers_ns": received + MS,
            "first_token_ns": received + int(emit_us[0]) * 1000 if emitted else None,
            "last_token_ns": last, "terminal_ns": (last or received) + MS // 10,
            "closed_ns": (last or received) + MS // 5, "ended_by": "provider",
            "planned_tokens": emitted, "emitted_tokens": emitted, "emit_us": int32s(emit_us),
            "emit_tokens": int32s(np.ones(emitted)), "late_us": int32s(np.full(emitted, 100)),
        }  # fmt: skip
        values.update(fields)
        served = LedgerRow(**values)
        self.ledger.append(served)
        return served

    def whole(self, stream: int, begin_s: float = 1.0, **fields: Any) -> StreamRecord:
        """A stream that went well at both ends."""
        row = self.stream(stream, begin_s, **fields)
        self.served(row)
        return row

    def seconds_of_host(self, seconds: int, process: str = "load-0", **fields: Any) -> None:
        values: dict[str, Any] = {
            "cpu": 0.3,
            "loop_lag_p99_ms": 1.0,
            "loop_lag_max_ms": 3.0,
            "gc_max_ms": 1.0,
            "descriptors": 0.1,
            "ports": 0.1,
            "throttled": 0,
            "wall_step_ms": 0.0,
        }
        values.update(fields)
        for second in range(seconds):
            self.host.append(HostSample(t_ns=at(second + 1), process=process, **values))

    def run(self) -> RunData:
        length = sum(phase.duration_s for phase in self.plan.phases)
        facts: dict[str, Any] = {
            "id": "20261122-100000-synthetic", "name": self.plan.name, "started_utc": "2026-11-22T10:00:00Z",
            "started_ns": at(-2.0), "ended_ns": at(length + 1.0), "seed": self.plan.seed,
            "command": "streamproof run runs/20261122-100000-synthetic/plan.yaml",
        }  # fmt: skip
        facts.update(self.facts)
        return RunData(
            plan=self.plan,
            facts=RunFacts(**facts),
            streams=table(self.streams, "streams"),
            ledger=table(self.ledger, "ledger"),
            host=table(self.host, "host"),
            timeline=sorted(self.timeline, key=lambda entry: entry.t_ns),
        )

    def summary(self) -> Summary:
        return judge(self.run())
