"""What a run writes down, and the one place that knows its columns.

A row is a msgspec struct; each field's annotation carries its unit and meaning, from which the Parquet
schema and `docs/schema.md` are made. While a run lasts, every process appends rows to a JSON-lines part of
its own, so that a killed process loses at most its open rows; afterwards the parts become Parquet.

Stamps are instants of `harness.clock`. Arrays are offsets from a stamp of the same row, in int32, so
that 35 minutes fit; they travel as little-endian bytes and are lists in Parquet.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, TypeVar, get_args, get_type_hints

import msgspec
import numpy as np

# pandas and pyarrow are imported where tables are made or read: every process of a run imports this module
# for its rows, and they would cost each 80 MB and a third of a second.
if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class Outcome(StrEnum):
    """How an attempt ended; exactly one, first match in this order."""

    NOT_STARTED = "not_started"
    REFUSED = "refused"
    RATE_LIMITED = "rate_limited"
    ERROR_EVENT = "error_event"
    CORRUPT = "corrupt"
    CANCELLED = "cancelled"  # left by plan
    ABANDONED = "abandoned"  # patience ran out
    INTERRUPTED = "interrupted"  # the run ended first
    RESET = "reset"
    STALLED = "stalled"
    TIMED_OUT = "timed_out"
    TRUNCATED = "truncated"
    COMPLETED = "completed"


class Col(msgspec.Struct, frozen=True):
    """A column's unit ("" for none) and meaning."""

    unit: str
    doc: str


class Array(msgspec.Struct, frozen=True):
    """Marks bytes that are an array of little-endian int32."""


Int32s = Annotated[bytes, Array()]


class StreamRecord(msgspec.Struct, kw_only=True):
    """One attempt of one stream, seen by its user."""

    stream: Annotated[int, Col("", "id of the stream; also in the prompt and in every token")]
    attempt: Annotated[int, Col("", "1 for the first request of a stream, then counted up")] = 1
    resumed_from: Annotated[
        int | None,
        Col("", "tokens the user already had of the answer that this attempt went on with; empty: a new one"),
    ] = None
    user: Annotated[int, Col("", "number of the simulated user within its worker")] = 0
    worker: Annotated[str, Col("", "load process that ran the stream")] = ""
    name: Annotated[str, Col("", "name the scenario gave the request")] = ""
    phase: Annotated[str, Col("", "phase of the plan in which the stream was intended")] = ""
    cohort: Annotated[str, Col("", "users on one network journey; empty for the direct path")] = ""
    dialect: Annotated[str, Col("", "API shape spoken by the user")] = ""
    model: Annotated[str, Col("", "model asked for")] = ""
    connection: Annotated[str, Col("", "`new`, `pooled`, or empty before there was one")] = ""

    intended_ns: Annotated[int, Col("ns", "t0: when the schedule wanted the stream")]
    dispatched_ns: Annotated[int | None, Col("ns", "t1: the user's task began")] = None
    connected_ns: Annotated[int | None, Col("ns", "t2: a connection was there")] = None
    sent_ns: Annotated[int | None, Col("ns", "t3: last byte of the request handed to the kernel")] = None
    headers_ns: Annotated[int | None, Col("ns", "t4: response head complete")] = None
    first_byte_ns: Annotated[int | None, Col("ns", "t5: first byte of the body")] = None
    first_event_ns: Annotated[int | None, Col("ns", "t6: first frame with data, role chunks included")] = None
    first_content_ns: Annotated[
        int | None, Col("ns", "t7: first non-empty text, reasoning or tool fragment; ends TTFT")
    ] = None
    first_output_ns: Annotated[int | None, Col("ns", "t8: first visible text; ends TTFO")] = None
    last_content_ns: Annotated[int | None, Col("ns", "t9: last content")] = None
    terminal_ns: Annotated[int | None, Col("ns", "t10: the dialect's end marker")] = None
    closed_ns: Annotated[int | None, Col("ns", "t11: the attempt was over for the user")] = None

    outcome: Annotated[Outcome, Col("", "how the attempt ended")] = Outcome.NOT_STARTED
    detail: Annotated[str, Col("", "the finer reason, e.g. `timeout_first`, `http_503`")] = ""
    error: Annotated[str, Col("", "message of the system or of the network, shortened")] = ""
    error_code: Annotated[str, Col("", "the system's error code or type")] = ""
    status: Annotated[int | None, Col("", "HTTP status")] = None
    retry_after_s: Annotated[float | None, Col("s", "Retry-After of the response")] = None
    finish_reason: Annotated[str, Col("", "as the system gave it")] = ""
    http_complete: Annotated[bool, Col("", "the HTTP body ended as HTTP says it must")] = False

    body_bytes: Annotated[int, Col("B", "body received, de-chunked")] = 0
    frames: Annotated[int, Col("", "wire messages with data")] = 0
    content_events: Annotated[int, Col("", "frames that carried content")] = 0
    tokens: Annotated[int, Col("", "canonical tokens received; frames are not tokens")] = 0
    comments: Annotated[int, Col("", "heartbeat comments")] = 0
    after_done: Annotated[int, Col("", "frames after the end marker")] = 0
    leftover: Annotated[bool, Col("", "the body ended inside an event")] = False
    input_tokens: Annotated[int | None, Col("", "usage as the system reported it")] = None
    output_tokens: Annotated[int | None, Col("", "usage as the system reported it")] = None

    verified: Annotated[bool, Col("", "the text was held against the canonical answer")] = False
    lost: Annotated[int, Col("", "tokens skipped although a later one arrived")] = 0
    duplicated: Annotated[int, Col("", "tokens that arrived again")] = 0
    reordered: Annotated[int, Col("", "tokens that arrived after a later one")] = 0
    crosstalk: Annotated[int, Col("", "tokens of another stream")] = 0
    altered: Annotated[int, Col("", "tokens with other bytes, or text without a number")] = 0

    stamps_kernel: Annotated[int, Col("", "reads stamped by the kernel")] = 0
    stamps_absent: Annotated[int, Col("", "reads without a kernel stamp")] = 0
    stamps_implausible: Annotated[int, Col("", "reads whose kernel stamp was refused")] = 0
    read_us: Annotated[Int32s, Col("us", "arrival of each read of the body, from sent_ns")] = b""
    read_lag_us: Annotated[Int32s, Col("us", "arrival to the moment Python read it: our own delay")] = b""
    read_bytes: Annotated[Int32s, Col("B", "bytes of each read")] = b""
    read_events: Annotated[Int32s, Col("", "content events in each read")] = b""
    read_tokens: Annotated[Int32s, Col("", "tokens completed by each read")] = b""


class LedgerRow(msgspec.Struct, kw_only=True):
    """One request that the mock provider received, as the provider saw it."""

    request: Annotated[str, Col("", "id the provider gave the request")]
    stream: Annotated[int, Col("", "stream id found in the prompt; -1 none, -2 several")] = -1
    worker: Annotated[str, Col("", "provider process")] = ""
    dialect: Annotated[str, Col("", "API shape of the request")] = ""
    path: Annotated[str, Col("", "request path")] = ""
    model: Annotated[str, Col("", "model asked for")] = ""
    key: Annotated[str, Col("", "short digest of the API key; never the key")] = ""
    streaming: Annotated[bool, Col("", "the answer was to be streamed")] = True

    received_ns: Annotated[int, Col("ns", "m1: request complete")]
    headers_ns: Annotated[int | None, Col("ns", "m2: response head written")] = None
    first_token_ns: Annotated[
        int | None,
        Col("ns", "just before the first token was written; thoughts that a dialect hides are not"),
    ] = None
    last_token_ns: Annotated[int | None, Col("ns", "just before the last token was written")] = None
    terminal_ns: Annotated[int | None, Col("ns", "end marker written")] = None
    peer_left_ns: Annotated[int | None, Col("ns", "the peer's close was noticed before our end")] = None
    closed_ns: Annotated[int | None, Col("ns", "the attempt was over for the provider")] = None

    status: Annotated[int, Col("", "HTTP status given")] = 200
    ended_by: Annotated[str, Col("", "`provider`, `peer`, `fault`, `limit` or `shutdown`")] = ""
    fault: Annotated[str, Col("", "fault played, e.g. `s1@40`; empty for none")] = ""
    limit: Annotated[str, Col("", "quota that refused the request")] = ""
    retry_after_s: Annotated[float | None, Col("s", "Retry-After given")] = None
    finish_reason: Annotated[str, Col("", "as given to the peer")] = ""

    input_tokens: Annotated[int, Col("", "tokens counted in the prompt")] = 0
    planned_tokens: Annotated[int, Col("", "length of the answer had nothing happened")] = 0
    emitted_tokens: Annotated[int, Col("", "tokens written")] = 0
    other_tokens: Annotated[int, Col("", "of these, reasoning and tool calls: not in the text")] = 0
    wasted_tokens: Annotated[int, Col("", "of these, after the peer's close was noticed")] = 0
    queue_us: Annotated[int, Col("us", "waited for admission")] = 0
    prefill_us: Annotated[int, Col("us", "planned time to first token after admission")] = 0
    injected_us: Annotated[int, Col("us", "delay that a fault added")] = 0
    lateness_max_us: Annotated[int, Col("us", "worst delay of an emission behind its plan")] = 0
    emit_us: Annotated[Int32s, Col("us", "each content write, from received_ns")] = b""
    emit_tokens: Annotated[Int32s, Col("", "tokens in each content write")] = b""
    late_us: Annotated[Int32s, Col("us", "each content write behind its planned instant")] = b""


class HostSample(msgspec.Struct, kw_only=True):
    """One second of one process of the harness, or of a part of the stack with all of its processes."""

    t_ns: Annotated[int, Col("ns", "end of the second")]
    process: Annotated[str, Col("", "e.g. `load-0`; of the stack: `system under test`, `mock provider`")]
    cpu: Annotated[float, Col("", "share of one core used")] = 0.0
    rss_mb: Annotated[float, Col("MB", "resident memory")] = 0.0
    steal: Annotated[float, Col("", "share of the machine's time taken by the hypervisor")] = 0.0
    loop_lag_p99_ms: Annotated[float, Col("ms", "lateness of a tick every 5 ms")] = 0.0
    loop_lag_max_ms: Annotated[float, Col("ms", "lateness of a tick every 5 ms")] = 0.0
    gc_max_ms: Annotated[float, Col("ms", "longest garbage collection")] = 0.0
    in_flight: Annotated[int, Col("", "streams open")] = 0
    # Empty: nobody counted it, as in runs of before the column was there.
    descriptors: Annotated[float | None, Col("", "share of its descriptors that is in use")] = None
    ports: Annotated[
        float | None, Col("", "share of the ephemeral ports held by its streams and the machine's TIME_WAIT")
    ] = None
    throttled: Annotated[
        int | None, Col("", "periods in which a quota of processor time was used up and processes waited")
    ] = None
    wall_step_ms: Annotated[
        float | None, Col("ms", "how far the wall clock moved against the monotonic one; a step, if far")
    ] = None


class TimelineEntry(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One thing that the run did to the world, or noticed about it; a line of `timeline.jsonl`."""

    t_ns: int  # when it was done
    kind: str  # phase, network, process, run
    what: str  # e.g. start, end, link, outage_begin, outage_end, cut, died
    planned_ns: int | None = None
    phase: str = ""
    cohort: str = ""
    params: dict[str, Any] = {}
    error: str = ""


Row = TypeVar("Row", bound=msgspec.Struct)
ROW_TYPES: dict[str, type[msgspec.Struct]] = {
    "streams": StreamRecord,
    "ledger": LedgerRow,
    "host": HostSample,
}


class Column(msgspec.Struct, frozen=True):
    """A column as the files and the documentation show it."""

    name: str
    kind: str
    nullable: bool
    unit: str
    doc: str


def columns(row_type: type[msgspec.Struct]) -> list[Column]:
    """The columns of a row type, in order. Kinds are int, float, str, bool and list[int32]."""
    return [_column(name, hint) for name, hint in get_type_hints(row_type, include_extras=True).items()]


def _column(name: str, hint: Any) -> Column:
    base, *notes = get_args(hint)
    col = next(note for note in notes if isinstance(note, Col))
    if any(isinstance(note, Array) for note in notes):
        return Column(name, "list[int32]", False, col.unit, col.doc)
    inner = get_args(base)
    kind = inner[0] if inner else base
    kind = str if kind is Outcome else kind
    return Column(name, kind.__name__, type(None) in inner, col.unit, col.doc)


def schema(row_type: type[msgspec.Struct]) -> "pa.Schema":
    """The Parquet schema of a row type; meanings and units ride along as field metadata."""
    import pyarrow as pa

    types = {"int": pa.int64(), "float": pa.float64(), "str": pa.string(), "bool": pa.bool_()}
    types["list[int32]"] = pa.list_(pa.int32())
    return pa.schema(
        pa.field(c.name, types[c.kind], c.nullable, {"unit": c.unit, "description": c.doc})
        for c in columns(row_type)
    )


class PartWriter:
    """Appends rows to one JSON-lines part. Not for several processes at once."""

    def __init__(self, folder: Path, table: str, process: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{table}-{process}.jsonl"
        self._file: IO[bytes] = self.path.open("ab")
        self._encode = msgspec.json.Encoder().encode
        self.rows = 0

    def write(self, row: msgspec.Struct) -> None:
        self._file.write(self._encode(row) + b"\n")
        self.rows += 1

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class Parts(msgspec.Struct):
    """Rows read back from parts, and how many lines were cut short by a death."""

    rows: list[Any]
    damaged: int = 0


def read_parts(folder: Path, table: str) -> Parts:
    """All rows of a table from the parts in `folder`; a line that does not decode is counted, not hidden."""
    decode = msgspec.json.Decoder(ROW_TYPES[table]).decode
    parts = Parts([])
    for path in sorted(folder.glob(f"{table}-*.jsonl")):
        for line in path.read_bytes().splitlines():
            try:
                parts.rows.append(decode(line))
            except msgspec.DecodeError:
                parts.damaged += 1
    return parts


def write_parquet(rows: Iterable[msgspec.Struct], table: str, path: Path) -> None:
    """Write `rows` of `table` to a Parquet file; an empty table still has its columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = list(rows)
    fields = schema(ROW_TYPES[table])
    arrays = [_arrow_array([getattr(row, field.name) for row in rows], field.type) for field in fields]
    pq.write_table(pa.Table.from_arrays(arrays, schema=fields), path, compression="zstd")


def _arrow_array(values: list[Any], kind: "pa.DataType") -> "pa.Array":
    import pyarrow as pa

    if not pa.types.is_list(kind):
        return pa.array(values, type=kind)
    lengths = np.array([len(value) // 4 for value in values], dtype=np.int32)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    flat = np.frombuffer(b"".join(values), dtype="<i4")
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat))


def read_table(path: Path, names: list[str] | None = None) -> "pd.DataFrame":
    """A Parquet file of a run as a table, or the columns `names` of it.

    Integers are nullable Int64, lists are int32 arrays.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    nullable = {pa.int64(): pd.Int64Dtype()}
    frame: pd.DataFrame = pq.read_table(path, columns=names).to_pandas(types_mapper=nullable.get)
    return frame


def read_timeline(path: Path) -> Iterator[TimelineEntry]:
    """The entries of a `timeline.jsonl`, in the order in which they happened."""
    decode = msgspec.json.Decoder(TimelineEntry).decode
    for line in path.read_bytes().splitlines():
        yield decode(line)
