"""The files of `runs/<id>/`: where each lies, how the runner writes it and how judging reads it back."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from harness import record
from harness.metrics.run_data import RunData, RunFacts
from harness.plan.plan import Plan
from harness.plan.reader import dump, load_plan
from harness.problem import Problem
from harness.sampling import MOST_READS, read_sample, values_of

T = TypeVar("T")


class RunFolderError(Problem):
    """A folder that is no run; its text is meant for people."""


@dataclass(frozen=True)
class RunFolder:
    """The paths of one run."""

    root: Path

    @property
    def plan(self) -> Path:
        return self.root / "plan.yaml"

    @property
    def facts(self) -> Path:
        return self.root / "run.json"

    @property
    def timeline(self) -> Path:
        return self.root / "timeline.jsonl"

    @property
    def summary(self) -> Path:
        return self.root / "summary.json"

    @property
    def report(self) -> Path:
        return self.root / "report.html"

    @property
    def figures(self) -> Path:
        return self.root / "figures"

    @property
    def parts(self) -> Path:
        """Where the processes of a run append their rows while it lasts."""
        return self.root / "parts"

    def table(self, name: str) -> Path:
        """`name` is a key of `record.ROW_TYPES`: streams, ledger or host."""
        return self.root / f"{name}.parquet"


@contextmanager
def writing(place: Path, way_out: str) -> Iterator[None]:
    """Around what writes to a place that a person chose. Raises RunFolderError instead of OSError."""
    try:
        yield
    except OSError as error:
        raise RunFolderError(f"{place}: cannot be written: {error.strerror or error}; {way_out}") from None


@contextmanager
def none_if_refused(folder: Path) -> Iterator[None]:
    """Around a beginning. A Problem takes `folder` away again, and what had to be made above it: what has
    never run is no run. A folder that was there before stays as it is."""
    there = folder.exists()
    with _no_new_empty([folder, *folder.parents]):
        try:
            yield
        except Problem:
            if not there:
                shutil.rmtree(folder, ignore_errors=True)
            raise


@contextmanager
def made_early(folder: Path) -> Iterator[None]:
    """Around work whose results go to a folder that a person chose: it is made before the work, as a place
    that cannot be had is best known then. Raises RunFolderError. Work that a Problem ends leaves no empty
    folder behind."""
    way_out = "choose another place with --out"
    with _no_new_empty([folder, *folder.parents]):
        with writing(folder, way_out):
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()  # that it is there does not say that it may be filled
        yield


@contextmanager
def _no_new_empty(folders: Sequence[Path]) -> Iterator[None]:
    """After a Problem those of `folders`, the deepest first, that are new and empty are gone."""
    new = [path for path in folders if not path.exists()]
    try:
        yield
    except Problem:
        for path in new:
            with suppress(OSError):  # never made, or somebody else has put something there meanwhile
                path.rmdir()
        raise


def write_plan(folder: RunFolder, plan: Plan) -> None:
    """The first file of a run. Raises RunFolderError."""
    with writing(folder.root, "choose another place with --out"):
        folder.root.mkdir(parents=True, exist_ok=True)
        folder.plan.write_text(dump(plan), encoding="utf-8")


def write_run_facts(folder: RunFolder, facts: RunFacts) -> None:
    folder.facts.write_bytes(msgspec.json.format(msgspec.json.encode(facts), indent=1))


def write_timeline(folder: RunFolder, entries: list[record.TimelineEntry]) -> None:
    ordered = sorted(entries, key=lambda entry: entry.t_ns)
    folder.timeline.write_bytes(b"".join(msgspec.json.encode(entry) + b"\n" for entry in ordered))


def collect_parts(folder: RunFolder, except_stream: int | None = None) -> int:
    """Turn the parts of every table into its Parquet file; returns how many lines were damaged.

    Rows of `except_stream`, a question asked before the run, are left out.
    """
    damaged = 0
    for name in record.ROW_TYPES:
        parts = record.read_parts(folder.parts, name)
        rows = [
            row
            for row in parts.rows
            if except_stream is None or getattr(row, "stream", None) != except_stream
        ]
        record.write_parquet(rows, name, folder.table(name))
        damaged += parts.damaged
    return damaged


def read_run(root: Path) -> RunData:
    """Everything that judging needs. Raises RunFolderError, or PlanError for a damaged plan.

    A table that an early end left unwritten is read as empty; a timeline line cut short is counted as
    damaged like a line of the parts.
    """
    folder = RunFolder(root)
    if not folder.plan.is_file() or not folder.facts.is_file():
        raise RunFolderError(
            f"{root}: not the folder of a run: plan.yaml or run.json is missing; "
            "name a folder that `streamproof run` has written"
        )
    try:
        facts = msgspec.json.decode(folder.facts.read_bytes(), type=RunFacts)
    except msgspec.DecodeError as error:
        raise RunFolderError(f"{folder.facts}: cannot be read: {error}") from None
    timeline, damaged = _timeline(folder.timeline)
    share = _share_to_read(folder)
    streams = _table(folder, "streams", share)
    broken = streams.loc[streams["outcome"] != "completed", "stream"] if share < 1 else None
    return RunData(
        plan=load_plan(folder.plan),
        facts=msgspec.structs.replace(facts, damaged=facts.damaged + damaged),
        streams=streams,
        ledger=_table(folder, "ledger", share, broken),
        host=_table(folder, "host"),
        timeline=timeline,
        plan_sha256=hashlib.sha256(folder.plan.read_bytes()).hexdigest(),
        sample_share=share,
    )


def _share_to_read(folder: RunFolder) -> float:
    """1, or the share of the streams whose arrays fit into memory."""
    path = folder.table("streams")
    reads = _readable(path, lambda: values_of(path, "read_us")) if path.is_file() else 0
    return min(1.0, MOST_READS / reads) if reads else 1.0


def _readable(path: Path, read: Callable[[], T]) -> T:
    try:
        return read()
    except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError) as error:
        reason = str(error).partition("\n")[0].strip(". ")
        raise RunFolderError(
            f"{path}: cannot be read: {reason}; the file is cut short or is no Parquet file. "
            "Copy it again, or run the plan of this folder again"
        ) from None


def _table(folder: RunFolder, name: str, share: float = 1.0, whole: pd.Series | None = None) -> pd.DataFrame:
    path = folder.table(name)
    if path.is_file():
        read = record.read_table if share == 1.0 else lambda path: read_sample(path, share, whole)
        _check_types(_readable(path, lambda: pq.read_schema(path)), name, path)
        return _with_new_columns(_readable(path, lambda: read(path)), name, path)
    with tempfile.TemporaryDirectory() as nowhere:
        empty = Path(nowhere) / path.name
        record.write_parquet([], name, empty)
        return record.read_table(empty)


def _check_types(there: pa.Schema, name: str, path: Path) -> None:
    """Raises RunFolderError naming the first column that holds something else than it must."""
    for field in record.schema(record.ROW_TYPES[name]):
        if field.name in there.names and there.field(field.name).type != field.type:
            raise RunFolderError(
                f"{path}: the column {field.name} holds {there.field(field.name).type}, "
                f"not {field.type}; this is no table that a run has written"
            )


def _with_new_columns(table: pd.DataFrame, name: str, path: Path) -> pd.DataFrame:
    """Tables only grow, so what an older run lacks has its default. Raises RunFolderError without one."""
    for field in msgspec.structs.fields(record.ROW_TYPES[name]):
        if field.name in table:
            continue
        if field.default is msgspec.NODEFAULT:
            raise RunFolderError(f"{path}: the column {field.name} is missing; this is no table of a run")
        value = np.zeros(0, dtype=np.int32) if isinstance(field.default, bytes) else field.default
        table[field.name] = pd.Series([value] * len(table), index=table.index)
    return table


def _timeline(path: Path) -> tuple[list[record.TimelineEntry], int]:
    decode = msgspec.json.Decoder(record.TimelineEntry).decode
    entries, damaged = [], 0
    for line in path.read_bytes().splitlines() if path.is_file() else []:
        try:
            entries.append(decode(line))
        except msgspec.DecodeError:
            damaged += 1
    return sorted(entries, key=lambda entry: entry.t_ns), damaged
