"""The kernel's count is found in the group that this process is in, whichever way groups are mounted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.load import throttling
from harness.load.throttling import throttled_periods

STAT = "usage_usec 9\nnr_periods 40\nnr_throttled {n}\nthrottled_usec 5\n"


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(throttling, "_GROUPS", tmp_path)
    monkeypatch.setattr(throttling, "_MINE", tmp_path / "mine")
    throttling._statistics.cache_clear()
    yield tmp_path
    throttling._statistics.cache_clear()


def count(folder: Path, n: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cpu.stat").write_text(STAT.format(n=n))


def test_a_service_is_counted_in_its_own_group(groups):
    (groups / "mine").write_text("0::/system.slice/load.service\n")
    count(groups, 1)
    count(groups / "system.slice/load.service", 7)
    assert throttled_periods() == 7
    count(groups / "system.slice/load.service", 9)
    assert throttled_periods() == 9


def test_a_container_is_counted_at_the_root(groups):
    (groups / "mine").write_text("0::/docker/1234\n")
    count(groups, 3)
    assert throttled_periods() == 3


def test_the_first_version_of_groups_counts_too(groups):
    (groups / "mine").write_text("4:memory:/a\n2:cpu,cpuacct:/b\n0::/\n")
    (groups / "cpu.stat").write_text("usage_usec 9\n")  # a root group has no quota and no count
    count(groups / "cpu/b", 5)
    assert throttled_periods() == 5


def test_without_groups_or_counts_there_is_no_throttling(groups):
    assert throttled_periods() == 0
    throttling._statistics.cache_clear()
    (groups / "mine").write_text("0::/\n")
    assert throttled_periods() == 0
