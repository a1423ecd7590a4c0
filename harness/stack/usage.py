"""What a process and all that it has started use of the machine. Only Linux tells."""

import os
from pathlib import Path

import msgspec

from harness.sockets import share_of_descriptors

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6
_PROC = Path("/proc")


class Usage(msgspec.Struct, frozen=True):
    """Of a whole family of processes."""

    cpu_s: float = 0.0  # user and system, since their start, that of ended children included
    rss_mb: float = 0.0
    descriptors: float = 0.0  # share of those that it may have, of the process with the largest


def usage(pid: int, proc: Path = _PROC) -> Usage:
    """Of process `pid` and its living descendants; nothing for one that is gone."""
    found, waiting = Usage(), [pid]
    while waiting:
        folder = proc / str(waiting.pop())
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            children = [path.read_text().split() for path in folder.glob("task/*/children")]
        except OSError:
            continue  # ended between two looks
        waiting += [int(child) for task in children for child in task]
        found = Usage(
            cpu_s=found.cpu_s + sum(map(int, fields[11:15])) * _TICK_S,
            rss_mb=found.rss_mb + int(fields[21]) * _PAGE_MB,
            descriptors=max(found.descriptors, share_of_descriptors(folder)),
        )
    return found
