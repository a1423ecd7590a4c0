"""Had the load processes the machine to themselves?"""

import numpy as np
import pandas as pd

from harness.metrics.join import Joined
from harness.metrics.samples import Floats
from harness.summary import Trust, TrustCheck
from harness.validity.grade import graded, trust_check


def _host(joined: Joined, column: str, processes: str = "load") -> dict[str, Floats]:
    """Values of `column` of each load process, or of those whose name begins with `processes`, in the
    seconds in which a phase was running."""
    host: pd.DataFrame = joined.run.host
    if host.empty or not joined.spans or column not in host:
        return {}
    first = min(start for start, _ in joined.spans.values())
    last = max(end for _, end in joined.spans.values())
    inside = host[(host["t_ns"] > first) & (host["t_ns"] <= last + 1_000_000_000) & host[column].notna()]
    rows_of = inside[inside["process"].str.startswith(processes)].groupby("process")
    return {str(name): rows[column].to_numpy(dtype=np.float64) for name, rows in rows_of}


def loop_lag(joined: Joined) -> list[TrustCheck]:
    """p99 of a second, at the worst process; nineteen of twenty seconds were no worse."""
    p99s = _host(joined, "loop_lag_p99_ms")
    if not p99s:
        return []
    p99 = max(float(np.percentile(values, 95, method="inverted_cdf")) for values in p99s.values())
    worst = max(float(values.max()) for values in _host(joined, "loop_lag_max_ms").values())
    # The process looks every 5 ms, which hides as much of a block of 200 ms.
    longest: Trust = graded(worst, 50, 195)
    note = "the load processes' loop was blocked; give it more workers or less load"
    return [
        trust_check("loop_lag", "p99", p99, 10, "ms", graded(p99, 10, 25), note),
        trust_check("loop_lag_max", "max", worst, 50, "ms", longest, note),
    ]


def gc_pause(joined: Joined) -> list[TrustCheck]:
    pauses = _host(joined, "gc_max_ms")
    if not pauses:
        return []
    worst = max(float(values.max()) for values in pauses.values())
    note = "garbage collection stopped a load process"
    return [trust_check("gc_pause", "max", worst, 5, "ms", graded(worst, 5, 50), note)]


def cpu(joined: Joined) -> list[TrustCheck]:
    shares = _host(joined, "cpu")
    if not shares:
        return []
    busy = max(float(np.percentile(values, 95, method="inverted_cdf")) for values in shares.values())
    steal = max(float(values.mean()) for values in _host(joined, "steal").values())
    return [
        trust_check(
            "cpu", "p95 of seconds", busy, 0.7, "core", graded(busy, 0.7, 0.9),
            "a load process is near its limit",
        ),
        trust_check(
            "steal", "mean", steal, 0.01, "share", "VALID" if steal < 0.01 else "SUSPECT",
            "the hypervisor gave this machine's time to others", bound="below",
        ),
    ]  # fmt: skip


def throttled(joined: Joined) -> list[TrustCheck]:
    periods = _host(joined, "throttled")
    if not periods:
        return []
    # They share one group, so that each counts the waits of all.
    most = max(float(values.sum()) for values in periods.values())
    state: Trust = "SUSPECT" if most else "VALID"
    note = "a quota of processor time stopped the load processes; give them more, or none"
    return [trust_check("throttled", "sum", most, 0, "periods", state, note)]


def clock(joined: Joined) -> list[TrustCheck]:
    """Durations are of the monotonic clock; only kernel stamps, which are wall time, suffer from a step.

    They may be wrong by it until the distance between the clocks is taken again, a second later.
    """
    steps = _host(joined, "wall_step_ms")
    if not steps:
        return []
    worst = max(float(values.max()) for values in steps.values())
    state: Trust = "VALID" if worst <= 1.0 else "SUSPECT"
    note = "the wall clock was set during the run; stamps of that second may be wrong by as much"
    return [trust_check("clock", "largest step", worst, 1.0, "ms", state, note)]


def sockets(joined: Joined) -> list[TrustCheck]:
    """Connections that this machine could not open, and how near it came to that."""
    found, errors = [], joined.attempts["error"].astype(str)
    if len(errors):
        failed = errors[errors.str.match(r"(EMFILE|ENFILE|EADDRNOTAVAIL)\b")]
        note = f"for want of descriptors or ports here: {failed.iloc[0]}" if len(failed) else ""
        state: Trust = "INVALID" if note else "VALID"
        found.append(trust_check("sockets", "not opened", len(failed), 0, "connections", state, note))
    for column, (processes, fix) in _SOCKETS.items():
        if shares := _host(joined, column, processes):
            share, name = max((float(values.max()), name) for name, values in shares.items())
            found.append(
                trust_check(
                    column, "max", share, 0.9, "share", "VALID" if share <= 0.9 else "SUSPECT",
                    f"{name}: nearly all {column} were in use: {fix}",
                )
            )  # fmt: skip
    return found


_SOCKETS = {  # share -> whose name begins so, and the way out
    "descriptors": ("", "raise `ulimit -Hn`, or use more workers"),  # a proxy without any refuses streams too
    "ports": ("load", "keep connections alive, widen net.ipv4.ip_local_port_range, or use more machines"),
}

QUESTIONS = (loop_lag, gc_pause, cpu, throttled, clock, sockets)
