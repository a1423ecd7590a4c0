"""What a run writes comes back whole, in this program and in others."""

import duckdb
import msgspec
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from harness import record
from harness.record import (
    HostSample,
    LedgerRow,
    Outcome,
    PartWriter,
    StreamRecord,
    TimelineEntry,
    columns,
    read_parts,
    read_table,
    read_timeline,
    schema,
    write_parquet,
)


def ints(*values: int) -> bytes:
    return np.array(values, dtype="<i4").tobytes()


def full(kind: type[msgspec.Struct], salt: int = 1) -> msgspec.Struct:
    """A row in which every column has a value of its own."""
    values = {"int": lambda n: n * salt, "float": lambda n: n * salt + 0.5, "str": lambda n: f"é{n}-{salt}"}
    values |= {"bool": lambda _: salt % 2 == 1, "list[int32]": lambda n: ints(n, -salt, 2**31 - 1)}
    row = {column.name: values[column.kind](number) for number, column in enumerate(columns(kind), 1)}
    if "outcome" in row:
        row["outcome"] = list(Outcome)[salt % len(Outcome)]
    return kind(**row)


TABLES = sorted(record.ROW_TYPES.items())


@pytest.mark.parametrize(("table", "kind"), TABLES)
def test_every_column_comes_back_from_parquet_as_it_was(table, kind, tmp_path):
    rows = [full(kind, salt) for salt in (1, 2, 3)]
    write_parquet(rows, table, tmp_path / "t.parquet")
    frame = read_table(tmp_path / "t.parquet")
    assert list(frame.columns) == [column.name for column in columns(kind)]
    for column in columns(kind):
        for row, found in zip(rows, frame[column.name], strict=True):
            kept = getattr(row, column.name)
            if column.kind == "list[int32]":
                assert found.dtype == np.int32
                assert found.tobytes() == kept
            else:
                assert found == kept, column.name


@pytest.mark.parametrize(("table", "kind"), TABLES)
def test_every_column_comes_back_from_a_part_as_it_was(table, kind, tmp_path):
    rows = [full(kind, salt) for salt in (1, 2)]
    part = PartWriter(tmp_path, table, "p-0")
    for row in rows:
        part.write(row)
    part.close()
    assert (read_parts(tmp_path, table).rows, part.rows) == (rows, 2)


def test_what_was_not_reached_is_null_and_no_number(tmp_path):
    path = tmp_path / "streams.parquet"
    write_parquet([StreamRecord(stream=1, intended_ns=5), full(StreamRecord)], "streams", path)
    frame = read_table(path)
    assert frame.first_content_ns.isna().tolist() == [True, False]
    assert frame.first_content_ns.dtype == pd.Int64Dtype()
    assert frame.read_us.map(len).tolist() == [0, 3]
    assert frame.outcome.tolist()[0] == "not_started"


@pytest.mark.parametrize(("table", "kind"), TABLES)
def test_an_empty_table_has_its_columns(table, kind, tmp_path):
    write_parquet([], table, tmp_path / "t.parquet")
    frame = read_table(tmp_path / "t.parquet")
    assert (len(frame), len(frame.columns)) == (0, len(columns(kind)))


def test_an_instant_loses_no_nanosecond(tmp_path):
    exact = 2**62 + 1
    write_parquet(
        [StreamRecord(stream=1, intended_ns=exact, sent_ns=exact)], "streams", tmp_path / "t.parquet"
    )
    frame = read_table(tmp_path / "t.parquet")
    assert (int(frame.intended_ns[0]), int(frame.sent_ns[0])) == (exact, exact)


def test_duckdb_reads_the_records_lists_included(tmp_path):
    path = tmp_path / "streams.parquet"
    rows = [
        StreamRecord(
            stream=number, intended_ns=1000 * number, first_content_ns=1000 * number + 250,
            outcome=Outcome.COMPLETED, read_us=ints(1, number),
        )
        for number in range(1, 5)
    ]  # fmt: skip
    write_parquet(rows, "streams", path)
    query = f"""
        select outcome, count(*), median(first_content_ns - intended_ns), max(read_us[2]), sum(len(read_us))
        from '{path}' group by outcome
    """
    assert duckdb.sql(query).fetchall() == [("completed", 4, 250.0, 4, 8)]


def test_plain_pandas_reads_the_records_too(tmp_path):
    path = tmp_path / "ledger.parquet"
    write_parquet([full(LedgerRow)], "ledger", path)
    frame = pd.read_parquet(path)
    assert frame.status[0] == full(LedgerRow).status
    assert frame.emit_us[0].tolist()[1:] == [-1, 2**31 - 1]


@pytest.mark.parametrize(("table", "kind"), TABLES)
def test_the_file_says_what_each_column_means(table, kind, tmp_path):
    write_parquet([], table, tmp_path / "t.parquet")
    for field, column in zip(pq.read_schema(tmp_path / "t.parquet"), columns(kind), strict=True):
        meaning = {key.decode(): text.decode() for key, text in (field.metadata or {}).items()}
        assert (field.name, meaning["unit"], meaning["description"]) == (column.name, column.unit, column.doc)
        assert column.doc
    assert schema(kind).names == [column.name for column in columns(kind)]


def test_damaged_lines_are_counted_and_hide_nothing(tmp_path):
    rows = [HostSample(t_ns=number, process="load-0") for number in range(3)]
    lines = [msgspec.json.encode(row) for row in rows]
    broken = [lines[0][:12], b"", b'{"t_ns": "soon", "process": "x"}', b'{"process": "x"}', b"\xff\xfe"]
    (tmp_path / "host-a.jsonl").write_bytes(b"\n".join([lines[0], *broken, lines[1]]) + b"\n")
    (tmp_path / "host-b.jsonl").write_bytes(lines[2] + b"\n" + lines[2][:20])
    found = read_parts(tmp_path, "host")
    assert found.rows == rows
    assert found.damaged == len(broken) + 1


def test_parts_of_other_tables_are_left_alone(tmp_path):
    for table, row in (("streams", full(StreamRecord)), ("host", full(HostSample))):
        part = PartWriter(tmp_path, table, "x")
        part.write(row)
        part.close()
    assert read_parts(tmp_path, "host").rows == [full(HostSample)]
    assert read_parts(tmp_path, "ledger").rows == []


def test_a_part_that_is_opened_again_goes_on(tmp_path):
    for number in (1, 2):
        part = PartWriter(tmp_path / "new", "host", "x")
        part.write(HostSample(t_ns=number, process="x"))
        part.flush()
        part.close()
    assert [row.t_ns for row in read_parts(tmp_path / "new", "host").rows] == [1, 2]


def test_the_timeline_comes_back_in_order(tmp_path):
    entries = [
        TimelineEntry(t_ns=2, kind="network", what="link", planned_ns=1, cohort="c", params={"link": "lte"}),
        TimelineEntry(t_ns=1, kind="run", what="load_start"),
    ]
    path = tmp_path / "timeline.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries))
    assert list(read_timeline(path)) == entries
