"""How many sockets there may be: what the kernel allows a process and a machine, and what is in use.

Linux in full; elsewhere what cannot be known is None or nought, and nothing is refused for it.
"""

import os
import resource
from pathlib import Path

_PROC = Path("/proc")


def raise_limit() -> None:
    """Let this process and its children open as many descriptors as they may at all.

    Shells start programs with 1,024, at which a server would stop answering in the middle of a run.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):  # macOS has a lower limit than the one that it tells
        return


def descriptor_limit() -> int | None:
    """The most descriptors that this process may come to have; None: no limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if hard == resource.RLIM_INFINITY else hard


def descriptors_in_use(process: Path = _PROC / "self") -> int:
    """How many the process at /proc/N has open; 0 where the platform does not say."""
    folder = process / "fd"
    try:
        return os.stat(folder).st_size or len(os.listdir(folder))  # the size tells it from Linux 6.2 on
    except OSError:
        return 0


def share_of_descriptors(process: Path) -> float:
    """How much of what the process at /proc/N may have it has open now; 0 where that is not told."""
    try:
        lines = (process / "limits").read_text(encoding="ascii").splitlines()
        [most] = (line.split()[3] for line in lines if line.startswith("Max open files"))
        return descriptors_in_use(process) / float(most.replace("unlimited", "inf"))
    except (OSError, ValueError):
        return 0.0


def port_limit(proc: Path = _PROC) -> int | None:
    """Ephemeral ports: the most connections from one address of this machine to one port of another."""
    try:
        words = (proc / "sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()
    except OSError:
        return None
    return int(words[1]) - int(words[0]) + 1 if len(words) == 2 else None


def lingering(proc: Path = _PROC) -> int:
    """Connections of this machine in TIME_WAIT, each of which still holds its port; 0: not known."""
    try:
        text = (proc / "net/sockstat").read_text(encoding="ascii")
    except OSError:
        return 0
    for line in text.splitlines():
        words = line.split()
        if words[0] == "TCP:" and "tw" in words:
            return int(words[words.index("tw") + 1])
    return 0
