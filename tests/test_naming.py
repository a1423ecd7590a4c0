from datetime import UTC, datetime
from pathlib import Path

from harness.naming import name_of, unused


def test_folders_sort_by_time_whatever_they_hold() -> None:
    moments = [datetime(2026, 1, 2, 3, 4, second, tzinfo=UTC) for second in (5, 6)]
    assert [name_of(moments[0], "b"), name_of(moments[1], "a")] == [
        "20260102T030405Z-b",
        "20260102T030406Z-a",
    ]


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    names = []
    for _ in range(3):
        folder = unused(tmp_path / "x")
        folder.mkdir()
        names.append(folder.name)
    assert names == ["x", "x-2", "x-3"]
