"""How much of the machine processes took that are none of ours: they disturb, and no limit is to blame."""

import os
import resource
from pathlib import Path

import msgspec


class Used(msgspec.Struct, frozen=True):
    """CPU seconds so far."""

    machine: float  # of all cores, busy
    capacity: float  # of all cores, busy or not
    ours: float  # of this process and its children that have ended


def used() -> Used:
    """Now. Zeros for the machine where the platform does not say."""
    ours = sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
    try:
        line = Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0]
    except OSError:
        return Used(0.0, 0.0, ours)
    user, nice, system, idle, waiting, *rest = (
        int(field) / os.sysconf("SC_CLK_TCK") for field in line.split()[1:9]
    )
    busy = user + nice + system + sum(rest)
    return Used(busy, busy + idle + waiting, ours)


def share(before: Used, after: Used) -> float:
    """Share of the machine, 0 to 1, that others took between the two. Children must have ended by then."""
    capacity = after.capacity - before.capacity
    if capacity <= 0:
        return 0.0
    others = (after.machine - before.machine) - (after.ours - before.ours)
    return min(1.0, max(0.0, others / capacity))


def others_since(before: Used) -> float:
    """`share` up to now."""
    return share(before, used())
