"""How often a quota (a container's `--cpus`, systemd's CPUQuota) made this process's group of processes wait.

Such a wait looks like an idle processor: only the kernel's own count shows it.
"""

from functools import lru_cache
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")
_MINE = Path("/proc/self/cgroup")


def throttled_periods() -> int:
    """Periods so far in which the quota was used up; 0 where there is none or the platform does not say."""
    return 0 if (file := _statistics()) is None else _count(file)


@lru_cache(maxsize=1)
def _statistics() -> Path | None:
    """Of the innermost group that counts: cgroup v2, then v1."""
    try:
        lines = [line.split(":", 2) for line in _MINE.read_text().splitlines()]
    except OSError:
        return None
    v2 = [_GROUPS / path.lstrip("/") for number, kinds, path in lines if (number, kinds) == ("0", "")]
    v1 = [_GROUPS / "cpu" / path.lstrip("/") for _, kinds, path in lines if "cpu" in kinds.split(",")]
    # Within a container the path may be the host's, while the container's own group is mounted as the root.
    folders = [*v2, _GROUPS, *v1, _GROUPS / "cpu"]
    files = [folder / "cpu.stat" for folder in folders]
    return next((file for file in files if _has_count(file)), None)


def _has_count(file: Path) -> bool:
    try:
        return "nr_throttled " in file.read_text()
    except OSError:
        return False


def _count(file: Path) -> int:
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("nr_throttled ")), 0)
