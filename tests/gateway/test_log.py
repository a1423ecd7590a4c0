import json
from datetime import UTC, datetime

import pytest

from gateway.log import Log


def test_lines_are_appended_with_their_time(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"earlier":1}\n', encoding="utf-8")
    log = Log(str(path))
    log.write({"stream": "a", "tokens": 3})
    log.write({"stream": "wörd\n"})
    log.close()
    earlier, first, second = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    assert earlier == {"earlier": 1}
    assert datetime.fromisoformat(first.pop("t")).tzinfo == UTC
    assert first == {"stream": "a", "tokens": 3}
    assert second["stream"] == "wörd\n"


def test_without_a_path_it_is_silent():
    log = Log("")
    log.write({"stream": "a"})
    log.close()


def test_a_path_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        Log(str(tmp_path / "nowhere" / "log"))


def test_a_full_disk_is_said_once_and_breaks_nothing(caplog):
    log = Log("/dev/full")
    log.write({"stream": "a"})
    log.write({"stream": "b"})
    log.close()
    assert log.lost == 2
    assert [record.message for record in caplog.records] == [
        "the log cannot be written any more: No space left on device"
    ]
