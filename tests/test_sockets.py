"""What the kernel allows and what is in use, on this machine and on one that says what we wrote."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from harness import sockets

SOCKSTAT = "sockets: used 126\nTCP: inuse 112 orphan 3 tw 1212 alloc 113 mem 46\nUDP: inuse 7 mem 0\n"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    (tmp_path / "sys/net/ipv4").mkdir(parents=True)
    (tmp_path / "sys/net/ipv4/ip_local_port_range").write_text("32768\t60999\n")
    (tmp_path / "net").mkdir()
    (tmp_path / "net/sockstat").write_text(SOCKSTAT)
    return tmp_path


def test_ports_are_counted_with_both_ends(machine: Path) -> None:
    assert sockets.port_limit(machine) == 28_232


def test_lingering_connections_are_those_of_tcp(machine: Path) -> None:
    assert sockets.lingering(machine) == 1212


def test_a_platform_that_does_not_say_has_no_limit_and_nothing_in_use(tmp_path: Path) -> None:
    assert sockets.port_limit(tmp_path) is None
    assert (sockets.lingering(tmp_path), sockets.descriptors_in_use(tmp_path / "self")) == (0, 0)


def test_descriptors_are_counted_by_name_where_the_size_does_not_tell(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "self" / "fd").mkdir(parents=True)
    for name in "0123":
        (tmp_path / "self" / "fd" / name).touch()
    whole = list(os.stat(tmp_path))
    whole[6] = 0  # st_size of older kernels
    monkeypatch.setattr(sockets.os, "stat", lambda _: os.stat_result(whole))
    assert sockets.descriptors_in_use(tmp_path / "self") == 4


def test_an_opened_file_is_one_descriptor_more() -> None:
    before = sockets.descriptors_in_use()
    with Path("/dev/null").open() as first, Path("/dev/null").open() as second:
        assert not first.closed
        assert not second.closed
        assert sockets.descriptors_in_use() == before + 2


def test_a_process_is_counted_alike_from_within_and_from_without() -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    share = sockets.share_of_descriptors(Path(f"/proc/{os.getpid()}"))
    assert share == sockets.descriptors_in_use() / soft


@pytest.mark.parametrize("start", [["-m", "harness.cli", "networks"], ["-m", "gateway", "--help"]])
def test_a_shell_that_allows_few_descriptors_is_no_limit(start: list[str]) -> None:
    """What our processes are started with is what a shell of a usual machine gives them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    told = (
        "import atexit, resource, runpy, sys\n"
        "atexit.register(lambda: print('soft', resource.getrlimit(resource.RLIMIT_NOFILE)[0]))\n"
        "sys.argv = sys.argv[1:]\n"
        "runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", told, *start[1:]],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert f"soft {hard}" in done.stdout.splitlines()


def test_a_limit_that_cannot_be_raised_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(sockets.resource, "getrlimit", lambda _: (256, 9999))
    monkeypatch.setattr(sockets.resource, "setrlimit", refuse)
    sockets.raise_limit()
