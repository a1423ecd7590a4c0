"""How well the load process itself is doing, a row a second: its own lateness is the harness's error bar.

What it has to know of the clocks it takes from the clock of the kernel's stamps, and keeps that fresh by it.
"""

import gc
import math
import os
import time
from pathlib import Path

import gevent

from harness import clock, sockets
from harness.load.loop_lag import LoopLag
from harness.load.outbox import Outbox
from harness.load.throttling import throttled_periods
from harness.record import HostSample
from harness.transports.kernel_stamps import KernelClock

_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


class Health:
    """Samples loop lag, CPU, memory, steal and garbage collections until stopped."""

    def __init__(self, process: str, outbox: Outbox, kernel: KernelClock) -> None:
        self._process, self._outbox, self._kernel = process, outbox, kernel
        self._greenlet: gevent.Greenlet | None = None
        self._lag = LoopLag()
        self._gc_began_ns = 0
        self._gc_worst_ns = 0
        self.in_flight = 0  # set by the owner

    def start(self) -> None:
        gc.callbacks.append(self._collecting)
        self._lag.start()
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
            self._greenlet = None
            self._lag.stop()
            gc.callbacks.remove(self._collecting)

    def _collecting(self, stage: str, _info: dict[str, int]) -> None:
        if stage == "start":
            self._gc_began_ns = clock.now()
        else:
            self._gc_worst_ns = max(self._gc_worst_ns, clock.now() - self._gc_began_ns)

    def _run(self) -> None:
        cpu, steal, total = time.process_time(), *_machine_ticks()
        throttled = throttled_periods()
        self._kernel.resample()  # what the wall clock did between two tests harms no stamp
        began_ns = clock.now()
        while True:
            gevent.sleep(1)
            now_ns, lags = clock.now(), self._lag.take()
            cpu_now, (steal_now, total_now) = time.process_time(), _machine_ticks()
            throttled_now, step_ns = throttled_periods(), self._kernel.resample()
            self._outbox.put(
                "host",
                HostSample(
                    t_ns=now_ns,
                    process=self._process,
                    cpu=(cpu_now - cpu) / ((now_ns - began_ns) / clock.SECOND),
                    rss_mb=_resident_mb(),
                    steal=(steal_now - steal) / max(1, total_now - total),
                    loop_lag_p99_ms=lags[int(len(lags) * 0.99)] / clock.MS,
                    loop_lag_max_ms=lags[-1] / clock.MS,
                    gc_max_ms=self._gc_worst_ns / clock.MS,
                    in_flight=self.in_flight,
                    descriptors=sockets.descriptors_in_use() / (sockets.descriptor_limit() or math.inf),
                    ports=(self.in_flight + sockets.lingering()) / (sockets.port_limit() or math.inf),
                    throttled=throttled_now - throttled,
                    wall_step_ms=abs(step_ns) / clock.MS,
                ),
            )
            cpu, steal, total, began_ns = cpu_now, steal_now, total_now, now_ns
            throttled = throttled_now
            self._gc_worst_ns = 0


def _resident_mb() -> float:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_MB
    except OSError:
        return 0.0


def _machine_ticks() -> tuple[int, int]:
    """(stolen, all) clock ticks of the machine; zeros where the platform does not say."""
    try:
        fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    except OSError:
        return 0, 0
    return fields[7], sum(fields[:8])
