"""The system's own log, as it grows."""

import json
from pathlib import Path

from harness.audit.system_log import SystemLog, said
from harness.plan.audited import Log


def append(path: Path, *lines: object) -> None:
    with path.open("ab") as file:
        for line in lines:
            file.write(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")


def test_what_was_there_before_the_audit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    append(path, {"stream": "audit-5", "status": 500})
    log = SystemLog(Log(path=str(path)))
    assert log.line(5) is None
    append(path, {"stream": "audit-5", "status": 200})
    assert log.line(5) == {"status": 200}


def test_a_stream_is_known_by_its_users_id_or_by_the_number_in_its_prompt(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = SystemLog(Log(path=str(path), stream="id"))
    append(path, {"id": 6, "status": 1}, {"id": "own", "sid": 7, "status": 2})
    assert (log.line(6), log.line(7)) == ({"status": 1}, {"status": 2})


def test_a_line_that_is_being_written_waits_and_other_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = SystemLog(Log(path=str(path)))
    append(path, b"started\n", b"[1]\n", b"\xff\n", b'{"stream":"audit-8",')
    assert log.line(8) is None
    append(path, b'"tokens":3}\n')
    assert log.line(8) == {"tokens": 3}


def test_a_rotated_log_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "log"
    append(path, {"stream": "other", "what": "a long line from before"})
    log = SystemLog(Log(path=str(path)))
    path.write_bytes(b'{"stream":"audit-9"}\n')
    assert log.line(9) == {}


def test_the_systems_names_are_put_under_ours_and_its_times_into_milliseconds() -> None:
    log = Log(path="x", outcome="result.kind", ttft="t.first", total="t.all", times_in="s")
    line = {"status": 200, "result": {"kind": "ok"}, "t": {"first": 0.25, "all": 2}, "tokens": 9, "else": 1}
    assert said(line, log) == {"status": 200, "outcome": "ok", "tokens": 9, "ttft_ms": 250, "total_ms": 2000}
    assert said({"t": "soon"}, log) == {}
