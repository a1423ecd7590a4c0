"""The live file is read while it grows, each line once."""

import msgspec

from harness.load.live import LiveFile, LiveLine


def line(rows: int) -> bytes:
    return msgspec.json.encode(LiveLine(t_ns=1, rows=rows)) + b"\n"


def test_a_file_that_is_not_there_yet_has_no_lines(tmp_path):
    assert LiveFile(tmp_path / "live.jsonl").new_lines() == []


def test_each_line_comes_once_and_half_a_line_waits(tmp_path):
    path = tmp_path / "live.jsonl"
    live, third = LiveFile(path), line(3)
    path.write_bytes(line(1) + line(2) + third[:10])
    assert [found.rows for found in live.new_lines()] == [1, 2]
    assert live.new_lines() == []
    with path.open("ab") as file:
        file.write(third[10:] + line(4))
    assert [found.rows for found in live.new_lines()] == [3, 4]
