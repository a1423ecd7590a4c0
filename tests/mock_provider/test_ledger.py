from pathlib import Path

import pytest

from harness.record import LedgerRow
from mock_provider.ledger import Ledger, read_after


def row(stream: int) -> LedgerRow:
    return LedgerRow(request=f"r{stream}", stream=stream, received_ns=0)


def test_a_cursor_gives_each_row_once_over_all_parts(tmp_path: Path) -> None:
    first, second = Ledger(tmp_path, "mock-0"), Ledger(tmp_path, "mock-1")
    first.write(row(1))
    rows, cursor = read_after(tmp_path, "")
    assert [b'"stream":1,' in line for line in rows] == [True]
    second.write(row(2))
    first.write(row(3))
    rows, cursor = read_after(tmp_path, cursor)
    assert len(rows) == 2
    assert read_after(tmp_path, cursor)[0] == []
    first.close()
    second.close()


def test_a_row_that_is_being_written_waits(tmp_path: Path) -> None:
    part = tmp_path / "ledger-mock-0.jsonl"
    part.write_bytes(b'{"a":1}\n{"b":')
    rows, cursor = read_after(tmp_path, "")
    assert rows == [b'{"a":1}']
    part.write_bytes(b'{"a":1}\n{"b":2}\n')
    assert read_after(tmp_path, cursor)[0] == [b'{"b":2}']


def test_another_text_is_no_cursor(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        read_after(tmp_path, "yesterday")


def test_without_a_folder_nothing_is_written() -> None:
    ledger = Ledger(None, "mock-0")
    ledger.write(row(1))
    ledger.close()


def test_a_look_that_begins_at_the_end_skips_whole_rows_only(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "mock-0")
    ledger.write(row(1))
    with (tmp_path / "ledger-mock-0.jsonl").open("ab") as part:
        part.write(b'{"half')
    rows, after = read_after(tmp_path, "end")
    whole, _ = read_after(tmp_path, "")
    assert (rows, len(whole)) == ([], 1)
    assert after == f"ledger-mock-0:{len(whole[0]) + 1}"
    ledger.close()


def test_a_brief_ledger_has_the_rows_of_ordered_streams_alone(tmp_path: Path) -> None:
    folder = tmp_path / "brief"
    ledger = Ledger(folder, "mock-0", brief=True)
    ledger.write(row(1))
    assert not folder.exists()
    assert read_after(folder, "end") == read_after(folder, "") == ([], "")
    ledger.write(row(2), ordered=True)
    rows, _ = read_after(folder, "")
    assert [b'"stream":2,' in line for line in rows] == [True]
    ledger.close()
