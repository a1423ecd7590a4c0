"""Records and ledger, joined by stream id: one table of attempts that knows both ends."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from harness.metrics.planned import add_network_flags
from harness.metrics.run_data import RunData
from harness.metrics.samples import Bools, Floats, Ints, Samples
from harness.metrics.spans import Event, events, phase_spans
from harness.metrics.stamps import Stamps, repeated

_CLIENT_STAMPS = (
    "intended", "dispatched", "connected", "sent", "headers", "first_byte", "first_event",
    "first_content", "first_output", "last_content", "terminal", "closed",
)  # fmt: skip
_LEDGER_STAMPS = (
    "received", "headers", "first_token", "last_token", "terminal", "peer_left", "closed",
)  # fmt: skip


@dataclass(frozen=True)
class Joined:
    """A run with both ends in one place.

    `attempts`: one row a StreamRecord, its stamps as float ms from the run's origin (NaN: never came) under
    their names without `_ns`; `last` marks the attempt that ended its stream, `stream_row` its position,
    `call_intended` when the stream was first wanted; columns `up_…` tell of the provider's side, `hit_…` of
    planned faults. `upstream`: one row a LedgerRow, stamps likewise, `attempt_row` being the position of
    the attempt that caused it, -1 for none.
    """

    run: RunData
    attempts: pd.DataFrame
    upstream: pd.DataFrame
    spans: dict[str, tuple[int, int]]
    events: list[Event]
    made: dict[str, Samples] = field(default_factory=dict, repr=False)  # see `harness.metrics.samples_of`

    @property
    def has_ledger(self) -> bool:
        """False also where a foreign provider, not our mock, stood behind the system."""
        return self.run.plan.provider is not None and len(self.upstream) > 0

    @cached_property
    def content(self) -> Stamps:
        """Arrival of every content event, us from the attempt's `sent`."""
        return repeated(self.attempts, "read_us", "read_events")

    @cached_property
    def arrivals(self) -> Stamps:
        """Arrival of every token, us from the attempt's `sent`."""
        return repeated(self.attempts, "read_us", "read_tokens")

    @cached_property
    def emissions(self) -> Stamps:
        """Emission of every token, us from the ledger row's `received`."""
        return repeated(self.upstream, "emit_us", "emit_tokens")

    @cached_property
    def measured(self) -> Bools:
        """Attempts of every phase but the warm-up."""
        warm = [phase.name for phase in self.run.plan.phases if phase.kind == "warm_up"]
        flags: Bools = ~self.attempts["phase"].isin(warm).to_numpy(dtype=bool)
        return flags

    def of_phase(self, phase: str) -> Bools:
        flags: Bools = (self.attempts["phase"] == phase).to_numpy(dtype=bool)
        return flags

    @property
    def last(self) -> Bools:
        flags: Bools = self.attempts["last"].to_numpy(dtype=bool)
        return flags

    def is_outcome(self, *outcomes: str) -> Bools:
        flags: Bools = self.attempts["outcome"].isin(outcomes).to_numpy(dtype=bool)
        return flags

    def ms(self, column: str) -> Floats:
        values: Floats = self.attempts[column].to_numpy(dtype=np.float64)
        return values

    def seconds(self, instant_ns: int) -> float:
        return (instant_ns - self.run.origin_ns) / 1e9


def join(run: RunData) -> Joined:
    """Tables may be empty; they must have their columns."""
    attempts = _with_stamps(run.streams, _CLIENT_STAMPS, run.origin_ns)
    attempts = attempts.sort_values(["stream", "attempt"], kind="stable").reset_index(drop=True)
    _mark_calls(attempts)
    upstream = _with_stamps(run.ledger, _LEDGER_STAMPS, run.origin_ns)
    upstream = upstream.sort_values("received", kind="stable").reset_index(drop=True)
    upstream["attempt_row"] = _attempt_rows(attempts, upstream)
    _add_upstream(attempts, upstream)
    happened = events(run)
    add_network_flags(attempts, happened, run.origin_ns)
    attempts["hit_provider"] = attempts["up_fault"]
    attempts["hit_quota"] = (attempts["up_status"] == 429) | (attempts["up_limit"] != "")
    return Joined(run, attempts, upstream, phase_spans(run), happened)


def _with_stamps(table: pd.DataFrame, names: tuple[str, ...], origin_ns: int) -> pd.DataFrame:
    # The origin is taken off before the values become floats, so that no nanosecond is lost.
    stamps = {
        name: (table[f"{name}_ns"] - origin_ns).to_numpy(dtype=np.float64, na_value=np.nan) / 1e6
        for name in names
    }
    plain = {
        name: table[name].to_numpy(dtype=np.int64)
        for name in table.columns
        if isinstance(table[name].dtype, pd.Int64Dtype) and not table[name].isna().any()
    }
    return table.assign(**plain, **stamps)


def _mark_calls(attempts: pd.DataFrame) -> None:
    stream = attempts["stream"].to_numpy()
    last = np.ones(len(stream), dtype=bool)
    last[:-1] = stream[1:] != stream[:-1]
    attempts["last"] = last
    ends = np.flatnonzero(last)
    attempts["stream_row"] = ends[np.searchsorted(ends, np.arange(len(stream)))] if len(stream) else []
    attempts["call_intended"] = attempts.groupby("stream")["intended"].transform("min")


def _attempt_rows(attempts: pd.DataFrame, upstream: pd.DataFrame) -> Ints:
    """Which attempt each provider request belongs to: the latest of its stream that had begun by then.

    Begun means connected, not sent: the provider can have read a request before its sender stamps it.
    """
    if attempts.empty or upstream.empty:
        return np.full(len(upstream), -1, dtype=np.int64)
    begun = attempts["connected"].fillna(attempts["sent"]).fillna(attempts["dispatched"])
    starts = pd.DataFrame(
        {"stream": attempts["stream"], "begun": begun.fillna(attempts["intended"]), "row": attempts.index}
    ).sort_values("begun", kind="stable")
    asks = upstream[["stream", "received"]]
    found = pd.merge_asof(asks, starts, left_on="received", right_on="begun", by="stream")["row"]
    first = attempts.reset_index().groupby("stream")["index"].min()
    rows: Ints = found.fillna(upstream["stream"].map(first)).fillna(-1).to_numpy(dtype=np.int64)
    return rows


def _add_upstream(attempts: pd.DataFrame, upstream: pd.DataFrame) -> None:
    """What the provider's last request for each attempt was, and how many there were."""
    known = upstream[upstream["attempt_row"] >= 0]
    groups = known.groupby("attempt_row")
    latest = groups.tail(1).set_index("attempt_row")
    where = attempts.index
    for name in _LEDGER_STAMPS:
        attempts[f"up_{'left' if name == 'peer_left' else name}"] = latest[name].reindex(where)
    for name in ("status", "emitted_tokens", "planned_tokens", "retry_after_s", "injected_us"):
        attempts[f"up_{name}"] = latest[name].reindex(where).astype("float64")
    for name in ("ended_by", "limit"):
        attempts[f"up_{name}"] = latest[name].reindex(where).fillna("").astype(object)
    faults = known[known["fault"] != ""].groupby("attempt_row")["fault"].last()
    attempts["up_fault"] = faults.reindex(where).fillna("").astype(object)
    attempts["up_last_fault"] = latest["fault"].reindex(where).fillna("").astype(object)
    attempts["up_n"] = groups.size().reindex(where).fillna(0).astype(np.int64)
    attempts["up_first_received"] = groups["received"].min().reindex(where)
    attempts["up_row"] = _latest_positions(known).reindex(where).fillna(-1).astype(np.int64)
    totals = groups["emitted_tokens"].sum().reindex(where)
    attempts["up_emitted_all"] = totals.fillna(0).astype(np.int64)


def _latest_positions(known: pd.DataFrame) -> pd.Series:
    """Attempt row -> position of its last provider request."""
    return known["attempt_row"].drop_duplicates(keep="last").reset_index().set_index("attempt_row")["index"]
