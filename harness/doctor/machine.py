"""What this machine has of what measuring needs. It only looks; `findings.py` decides."""

import os
import platform
import socket
from itertools import pairwise
from pathlib import Path

import msgspec

from harness import clock, sockets
from harness.calibration import usable_cores
from harness.network.install import InstallError, find_server
from harness.stack.binaries import find_binary
from harness.transports.kernel_stamps import ANCILLARY_BYTES, KERNEL, arrival, request_stamps


class Facts(msgspec.Struct, kw_only=True):
    """What there is. None: the platform does not say."""

    descriptors: int | None  # the most that a process may have open
    ports: int | None  # ephemeral ports to one target address
    cores: int
    governor: str | None
    kernel_stamp_late_us: float | None  # of a read just after its write; None: no stamps here
    clock_step_ns: int  # the smallest step of the monotonic clock
    clock_backwards: bool
    wall_drift_us: float  # change of wall minus monotonic clock while we looked
    steal: float | None  # share of the machine's time, since it started
    pressure: float | None  # share of the last 10 s in which some process waited for a core
    memory_mb: float | None  # available
    toxiproxy: str | None
    nginx: str | None
    chromium: str | None


def facts() -> Facts:
    """Look at this machine. Takes a few ms and opens one loopback connection."""
    wall_before = clock.wall_minus_monotonic()
    step_ns, backwards = _clock_steps()
    late_us = _kernel_stamp_late_us()
    drift_us = abs(clock.wall_minus_monotonic() - wall_before) / 1000.0
    return Facts(
        descriptors=sockets.descriptor_limit(),  # every part raises its own limit to it
        ports=sockets.port_limit(),
        cores=usable_cores(),
        governor=_text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        kernel_stamp_late_us=late_us,
        clock_step_ns=step_ns,
        clock_backwards=backwards,
        wall_drift_us=drift_us,
        steal=_steal(_text("/proc/stat")),
        pressure=_pressure(_text("/proc/pressure/cpu")),
        memory_mb=_available_mb(_text("/proc/meminfo")),
        toxiproxy=_toxiproxy(),
        nginx=_found("nginx"),
        chromium=_found("chromium") or _found("google-chrome"),
    )


def _clock_steps() -> tuple[int, bool]:
    """(the smallest step seen, whether one went backwards) of a few thousand readings."""
    stamps = [clock.now() for _ in range(5000)]
    steps = [later - earlier for earlier, later in pairwise(stamps)]
    ahead = [step for step in steps if step > 0]
    return min(ahead, default=0), min(steps) < 0


def _kernel_stamp_late_us() -> float | None:
    """How long after the kernel's stamp Python read a byte on loopback, median of a few; None: no stamp."""
    lates = []
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        with socket.create_connection(listener.getsockname(), 5) as writer:
            reader, _ = listener.accept()
            with reader:
                request_stamps(reader)
                offset_ns = clock.wall_minus_monotonic()
                for _ in range(21):
                    writer.sendall(b"x")
                    _, ancillary, _, _ = reader.recvmsg(1, ANCILLARY_BYTES)
                    read_ns = clock.now()
                    stamp_ns, source = arrival(ancillary, read_ns, 0, offset_ns)
                    if source == KERNEL:
                        lates.append((read_ns - stamp_ns) / 1000.0)
    return sorted(lates)[len(lates) // 2] if len(lates) > 10 else None


def _steal(text: str | None) -> float | None:
    if text is None or platform.system() != "Linux":
        return None
    fields = [int(field) for field in text.split("\n", 1)[0].split()[1:]]
    return fields[7] / max(1, sum(fields[:8]))


def _pressure(text: str | None) -> float | None:
    """`some avg10=3.21 …` -> 0.0321."""
    for line in (text or "").splitlines():
        if line.startswith("some"):
            return float(line.split("avg10=")[1].split()[0]) / 100.0
    return None


def _available_mb(text: str | None) -> float | None:
    for line in (text or "").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / 1024.0
    return None


def _toxiproxy() -> str | None:
    try:
        found = find_server(os.environ)
    except InstallError:
        return None
    return str(found) if found is not None else None


def _found(program: str) -> str | None:
    found = find_binary(program)
    return str(found) if found is not None else None


def _text(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return None
