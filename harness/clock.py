"""The one place that reads a clock.

Instants are integer nanoseconds of `time.perf_counter_ns`, which on Linux is CLOCK_MONOTONIC and so the
same for every process of a host. Wall time appears only in labels and to convert kernel receive stamps.
"""

import time

MS = 1_000_000
SECOND = 1_000_000_000


now = time.perf_counter_ns  # the present instant, ns


def wall_ns() -> int:
    """The present wall time, ns since the epoch. For labels, never for arithmetic with instants."""
    return time.time_ns()


def wall_minus_monotonic(brackets: int = 50) -> int:
    """Distance from the monotonic clock to the wall clock, ns.

    Each bracket reads monotonic, wall, monotonic; the narrowest bracket wins. Taking the smallest
    difference instead would choose the worst sample, the one that was interrupted.
    """

    def bracket() -> tuple[int, int]:
        before, wall, after = time.perf_counter_ns(), time.time_ns(), time.perf_counter_ns()
        return after - before, wall - (before + after) // 2

    return min(bracket() for _ in range(brackets))[1]
