"""What a family of processes uses, read from files as the kernel writes them."""

import os
from pathlib import Path

import pytest

from harness.stack.usage import Usage, usage

TICK_S, PAGE_MB = 1 / os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.fixture(autouse=True)
def _only_of_the_kernel_a_size_is_a_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder on a disk has a size that is no number of files."""
    stat = os.stat

    def without_size(path, **options):
        fields = list(stat(path, **options))
        fields[6] = 0
        return os.stat_result(fields)

    monkeypatch.setattr(os, "stat", without_size)


def process(
    proc: Path,
    pid: int,
    cpu: tuple[int, int, int, int],
    pages: int,
    children: str = "",
    descriptors: tuple[int, str] = (0, "10"),
) -> None:
    folder = proc / str(pid)
    (folder / "task" / str(pid)).mkdir(parents=True)
    (folder / "task" / str(pid) / "children").write_text(children)
    (folder / "fd").mkdir()
    for number in range(descriptors[0]):
        (folder / "fd" / str(number)).write_text("")
    (folder / "limits").write_text(
        f"Limit Soft Limit Hard Limit Units\nMax open files       {descriptors[1]}    5000      files\n"
    )
    ticks = " ".join(map(str, cpu))
    (folder / "stat").write_text(
        f"{pid} (odd) name) S 1 1 1 0 -1 0 0 0 0 0 {ticks} 20 0 1 0 5 1000 {pages} 0"
    )


def test_children_count_with_their_parent_and_the_dead_do_not_disturb(tmp_path: Path):
    process(tmp_path, 10, (100, 20, 3, 1), 1000, "11 12 ")
    process(tmp_path, 11, (6, 4, 0, 0), 500)
    found = usage(10, tmp_path)
    assert found.cpu_s == pytest.approx(134 * TICK_S)
    assert found.rss_mb == pytest.approx(1500 * PAGE_MB)
    assert usage(99, tmp_path) == Usage()


def test_descriptors_are_those_of_the_process_that_has_fewest_left(tmp_path: Path):
    process(tmp_path, 10, (1, 0, 0, 0), 1, "11 12 ", descriptors=(4, "unlimited"))
    process(tmp_path, 11, (1, 0, 0, 0), 1, descriptors=(3, "4"))
    process(tmp_path, 12, (1, 0, 0, 0), 1, descriptors=(5, "10"))
    assert usage(10, tmp_path).descriptors == 0.75


def test_where_the_kernel_does_not_tell_of_descriptors_the_rest_counts(tmp_path: Path):
    process(tmp_path, 10, (1, 0, 0, 0), 7)
    (tmp_path / "10" / "limits").unlink()
    found = usage(10, tmp_path)
    assert (found.descriptors, found.rss_mb) == (0, pytest.approx(7 * PAGE_MB))


def test_this_process_uses_something():
    if Path("/proc/self/stat").exists():
        assert 0 < usage(os.getpid()).descriptors < 1
        assert usage(os.getpid()).rss_mb > 1
