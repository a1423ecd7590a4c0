"""Records and ledger, joined by stream id: one table of attempts that knows both ends."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from harness.metrics.answers import add_answers, by_answer
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
_LEDGER_NUMBERS = (
    "status",
    "emitted_tokens",
    "other_tokens",
    "planned_tokens",
    "retry_after_s",
    "injected_us",
)


@dataclass(frozen=True)
class Joined:
    """A run with both ends in one place.

    `attempts`: one row a StreamRecord, its stamps as float ms from the run's origin (NaN: never came) under
    their names without `_ns`; `last` marks the attempt that ended its stream, `stream_row` its position,
    `call_intended` when the stream was first wanted; columns `up_…` tell of the provider's side, `hit_…` of
    planned faults, `resumed` and `answer_…` of answers over several attempts (see `answers`). `upstream`: one
    row a LedgerRow, stamps likewise, `attempt_row` being the position of the attempt that caused it, -1 for
    none.
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
        return repeated(self.attempts, "read_us", "read_events", "sent")

    @cached_property
    def arrivals(self) -> Stamps:
        """Arrival of every token, us from the attempt's `sent`."""
        return repeated(self.attempts, "read_us", "read_tokens", "sent")

    @cached_property
    def emissions(self) -> Stamps:
        """Emission of every token, us from the ledger row's `received`."""
        return repeated(self.upstream, "emit_us", "emit_tokens", "received")

    @cached_property
    def answer_content(self) -> Stamps:
        """Like `content`, of whole answers: at the last attempt of each, us from its `answer_base`."""
        return self._of_answers(self.content)

    @cached_property
    def answer_arrivals(self) -> Stamps:
        """Like `arrivals`, of whole answers, as `answer_content`."""
        return self._of_answers(self.arrivals)

    @cached_property
    def answer_base(self) -> Floats:
        """What the stamps of an answer count from, ms: `sent` of its last attempt, or the run's origin where
        that was never sent."""
        base: Floats = np.nan_to_num(self.ms("sent"))
        return base

    def _of_answers(self, stamps: Stamps) -> Stamps:
        if not self.attempts["resumed"].any():
            return stamps
        sent_us = (self.answer_base * 1000.0).round().astype(np.int64)
        return by_answer(stamps, self.attempts["answer_row"].to_numpy(dtype=np.int64), sent_us)

    @cached_property
    def sampled(self) -> Bools:
        """Attempts whose arrays were read: all, but for a run too large to be looked into whole."""
        return _flags(self.attempts)

    @cached_property
    def upstream_sampled(self) -> Bools:
        """The same of the upstream requests."""
        return _flags(self.upstream)

    @cached_property
    def measured(self) -> Bools:
        """Attempts of every phase but the warm-up."""
        warm = [phase.name for phase in self.run.plan.phases if phase.kind == "warm_up"]
        flags: Bools = ~self.attempts["phase"].isin(warm).to_numpy(dtype=bool)
        return flags

    def of_phase(self, phase: str) -> Bools:
        flags: Bools = (self.attempts["phase"] == phase).to_numpy(dtype=bool)
        return flags

    @cached_property
    def streamed(self) -> Bools:
        """Attempts whose users asked for a stream, not for the answer in one piece."""
        whole = [phase.name for phase in self.run.plan.phases if not phase.streamed]
        flags: Bools = ~self.attempts["phase"].isin(whole).to_numpy(dtype=bool)
        return flags

    @property
    def provider_ttft_ms(self) -> Floats:
        """What the provider itself let each attempt wait, by its last upstream request.

        Until its first token or, where the answer was to come in one piece, until its last.
        """
        ready = np.where(self.streamed, self.ms("up_first_token"), self.ms("up_last_token"))
        waited: Floats = ready - self.ms("up_received")
        return waited

    @property
    def last(self) -> Bools:
        flags: Bools = self.attempts["last"].to_numpy(dtype=bool)
        return flags

    @property
    def calls(self) -> Bools:
        """One attempt a stream, its last: the denominator of every share.

        Streams that were still open when somebody stopped the run say nothing about the system and are left
        out; those still open after an orderly end and its drain stay in.
        """
        return self.last & ~self.cut_off

    @property
    def cut_off(self) -> Bools:
        """Attempts that ended only because the run did not reach its own end."""
        return self.is_outcome("interrupted") & self.run.facts.interrupted

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
    attempts = attempts.assign(**_upstream_columns(attempts, upstream))
    add_answers(attempts)
    happened = events(run)
    add_network_flags(attempts, happened, run.origin_ns)
    attempts["hit_provider"] = attempts["up_fault"]
    attempts["hit_quota"] = (attempts["up_status"] == 429) | (attempts["up_limit"] != "")
    return Joined(run, attempts, upstream, phase_spans(run), happened)


def _flags(table: pd.DataFrame) -> Bools:
    if "sampled" not in table:
        return np.ones(len(table), dtype=bool)
    flags: Bools = table["sampled"].to_numpy(dtype=bool)
    return flags


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


def _explains(attempts: pd.DataFrame, upstream: pd.DataFrame, owner: Ints) -> Bools:
    """Whether each request can have given its attempt what that got: its tokens, or the word of a quota.

    After an outage the questions of earlier attempts, whose users had gone, arrive together with that of the
    last one and in any order, so the latest of them may be one that nobody was listening to.
    """
    got = attempts["tokens"].to_numpy(dtype=np.int64)
    limited = attempts["outcome"].eq("rate_limited").to_numpy(dtype=bool)
    emitted = (upstream["emitted_tokens"] - upstream["other_tokens"]).to_numpy(dtype=np.int64)
    refused = upstream["status"].eq(429).to_numpy(dtype=bool)
    if not len(attempts):
        return np.zeros(len(upstream), dtype=bool)
    explains: Bools = (emitted >= got[owner]) & (refused | ~limited[owner])
    return explains


def _upstream_columns(attempts: pd.DataFrame, upstream: pd.DataFrame) -> dict[str, Any]:
    """What the provider's last request for each attempt was, and how many there were."""
    owner = upstream["attempt_row"].to_numpy(dtype=np.int64)
    asked = np.flatnonzero(owner >= 0)
    fitting = asked[_explains(attempts, upstream, owner)[asked]]
    row = np.full(len(attempts), -1, dtype=np.int64)
    for requests in (asked, fitting):
        row[owner[requests]] = requests  # they are in order of time, so the last one stays

    def last(name: str, kind: Any, missing: Any) -> Any:
        values = upstream[name].to_numpy(dtype=kind)
        return np.append(values, np.array([missing], dtype=kind))[row]  # row -1 takes the missing value

    played = upstream["fault"].to_numpy(dtype=object)
    faulty = asked[played[asked] != ""]
    fault = np.full(len(attempts), "", dtype=object)
    fault[owner[faulty]] = played[faulty]
    received = upstream["received"].to_numpy(dtype=np.float64)
    first = np.full(len(attempts), np.nan)
    first[owner[asked[::-1]]] = received[asked[::-1]]
    emitted = upstream["emitted_tokens"].to_numpy(dtype=np.int64)
    text = (upstream["emitted_tokens"] - upstream["other_tokens"]).to_numpy(dtype=np.float64)
    return {
        **{f"up_{name.removeprefix('peer_')}": last(name, np.float64, np.nan) for name in _LEDGER_STAMPS},
        **{f"up_{name}": last(name, np.float64, np.nan) for name in _LEDGER_NUMBERS},
        **{f"up_{name}": last(name, object, "") for name in ("ended_by", "limit")},
        "up_text_tokens": np.append(text, np.nan)[row],
        "up_last_fault": last("fault", object, ""),
        "up_fault": fault,
        "up_row": row,
        "up_n": np.bincount(owner[asked], minlength=len(attempts)),
        "up_first_received": first,
        "up_emitted_all": np.bincount(owner[asked], emitted[asked], len(attempts)).astype(np.int64),
    }
