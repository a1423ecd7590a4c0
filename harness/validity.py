"""May these numbers be believed? Each question with its number and its limits; the worst answer counts.

A question whose evidence is missing is absent, so that it can never be mistaken for a pass.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from harness.metrics.conservation import conservation
from harness.metrics.join import Joined
from harness.metrics.latency import SERIES as LATENCIES
from harness.metrics.littles_law import residuals
from harness.metrics.percentiles import as_number
from harness.metrics.samples import Floats
from harness.metrics.stamps import flat
from harness.summary import Number, Trust, TrustCheck, Validity

EVENTS_PER_WORKER = 25_000.0  # a second; until the machine has been measured

_ORDER: list[Trust] = ["VALID", "SUSPECT", "INVALID"]


def assess(joined: Joined) -> Validity:
    """Every question that this run's evidence can answer."""
    checks = [check for question in _QUESTIONS for check in question(joined)]
    worst = max((_ORDER.index(check.state) for check in checks), default=0)
    return Validity(state=_ORDER[worst], checks=checks)


def graded(value: float, valid: float, suspect: float) -> Trust:
    """VALID up to `valid`, SUSPECT up to `suspect`, INVALID beyond."""
    return "VALID" if value <= valid else "SUSPECT" if value <= suspect else "INVALID"


def _check(
    id: str, stat: str, value: float, limit: Number, unit: str, state: Trust, note: str = ""
) -> TrustCheck:
    return TrustCheck(
        id=id, state=state, stat=stat, value=as_number(value), limit=limit, unit=unit,
        note=note if state != "VALID" else "",
    )  # fmt: skip


def _parts_alive(joined: Joined) -> list[TrustCheck]:
    died = joined.run.facts.died
    state: Trust = "INVALID" if died else "VALID"
    return [_check("parts_alive", "parts that died", len(died), 0, "", state, "; ".join(died))]


def _parts_complete(joined: Joined) -> list[TrustCheck]:
    """Every record that a load process says it wrote is here, and no line was cut short.

    `load` stands for all of `load-0`, `load-1`, … together.
    """
    facts = joined.run.facts
    if not facts.rows_expected and not facts.damaged:
        return []
    workers = joined.attempts["worker"].astype(object)
    missing = {
        name: n - int(((workers == name) | workers.str.startswith(f"{name}-")).sum())
        for name, n in facts.rows_expected.items()
    }
    missing = {name: n for name, n in missing.items() if n > 0}
    lost = facts.damaged + sum(missing.values())
    note = "; ".join(f"{n} records of {name} are missing" for name, n in missing.items())
    note = "; ".join(
        part for part in (note, f"{facts.damaged} damaged lines" if facts.damaged else "") if part
    )
    return [_check("parts_complete", "rows lost", lost, 0, "rows", "INVALID" if lost else "VALID", note)]


def _records(joined: Joined) -> list[TrustCheck]:
    n = len(joined.attempts)
    if n or joined.run.facts.interrupted:
        return []
    return [_check("records", "streams", 0, 1, "", "INVALID", "the load left not a single record")]


def _dispatch_delay(joined: Joined) -> list[TrustCheck]:
    values = LATENCIES["dispatch_delay"](joined).values
    if not len(values):
        return []
    p50, p99 = (float(np.percentile(values, p, method="inverted_cdf")) for p in (50, 99))
    state: Trust = "INVALID" if p50 >= 10 else graded(p99, 25, 100)
    note = f"streams began late (p50 {p50:.1f} ms): the load processes are overloaded"
    return [_check("dispatch_delay", "p99", p99, 25, "ms", state, note)]


def _rate_achieved(joined: Joined) -> list[TrustCheck]:
    """Of an open loop: streams begun over streams that the schedule wanted."""
    opened = [phase.name for phase in joined.run.plan.phases if not phase.load.closed]
    mine = joined.attempts["phase"].isin(opened).to_numpy(dtype=bool) & joined.last
    if not mine.any():
        return []
    dropped = int(np.count_nonzero(mine & joined.is_outcome("not_started")))
    share = 1.0 - dropped / int(np.count_nonzero(mine))
    state: Trust = "INVALID" if share < 0.95 else "SUSPECT" if dropped else "VALID"
    return [_check("rate_achieved", "begun / wanted", share, 0.99, "", state, f"{dropped} were dropped")]


def _host(joined: Joined, column: str) -> dict[str, Floats]:
    """Values of `column` of each load process, in the seconds in which a phase was running."""
    host: pd.DataFrame = joined.run.host
    if host.empty or not joined.spans:
        return {}
    first = min(start for start, _ in joined.spans.values())
    last = max(end for _, end in joined.spans.values())
    inside = host[(host["t_ns"] > first) & (host["t_ns"] <= last + 1_000_000_000)]
    load = inside[inside["process"].str.startswith("load")]
    return {str(name): rows[column].to_numpy(dtype=np.float64) for name, rows in load.groupby("process")}


def _loop_lag(joined: Joined) -> list[TrustCheck]:
    """p99 of a second, at the worst process; nineteen of twenty seconds were no worse."""
    p99s = _host(joined, "loop_lag_p99_ms")
    if not p99s:
        return []
    p99 = max(float(np.percentile(values, 95, method="inverted_cdf")) for values in p99s.values())
    worst = max(float(values.max()) for values in _host(joined, "loop_lag_max_ms").values())
    # The sampler sleeps 5 ms at a time, which hides as much of a block of 200 ms.
    longest: Trust = graded(worst, 50, 195)
    note = "the load processes' loop was blocked; give it more workers or less load"
    return [
        _check("loop_lag", "p99", p99, 10, "ms", graded(p99, 10, 25), note),
        _check("loop_lag_max", "max", worst, 50, "ms", longest, note),
    ]


def _gc_pause(joined: Joined) -> list[TrustCheck]:
    pauses = _host(joined, "gc_max_ms")
    if not pauses:
        return []
    worst = max(float(values.max()) for values in pauses.values())
    return [
        _check(
            "gc_pause",
            "max",
            worst,
            5,
            "ms",
            graded(worst, 5, 50),
            "garbage collection stopped a load process",
        )
    ]


def _cpu(joined: Joined) -> list[TrustCheck]:
    shares = _host(joined, "cpu")
    if not shares:
        return []
    cpu = max(float(np.percentile(values, 95, method="inverted_cdf")) for values in shares.values())
    steal = max(float(values.mean()) for values in _host(joined, "steal").values())
    return [
        _check(
            "cpu", "p95 of seconds", cpu, 0.7, "core", graded(cpu, 0.7, 0.9),
            "a load process is near its limit",
        ),
        _check(
            "steal", "mean", steal, 0.01, "share", "VALID" if steal < 0.01 else "SUSPECT",
            "the hypervisor gave this machine's time to others",
        ),
    ]  # fmt: skip


def _stamps(joined: Joined) -> list[TrustCheck]:
    """How late Python read what the kernel had stamped, and how many reads had no such stamp."""
    _, lags = flat(joined.attempts["read_lag_us"])
    kernel, absent, implausible = (
        int(joined.attempts[f"stamps_{kind}"].sum()) for kind in ("kernel", "absent", "implausible")
    )
    reads = kernel + absent + implausible
    found = []
    if len(lags):
        lag = float(np.percentile(lags, 99, method="inverted_cdf")) / 1000.0
        # A late read with a kernel stamp is stamped right all the same; only without one is it wrong.
        worse = 25.0 if absent + implausible else np.inf
        found.append(
            _check("read_lag", "p99", lag, 10, "ms", graded(lag, 10, worse), "reads waited for their process")
        )
    if reads:
        share = (absent + implausible) / reads
        state: Trust = "VALID" if share <= 0.01 else "SUSPECT"
        found.append(
            _check(
                "kernel_stamps",
                "without",
                share,
                0.01,
                "share",
                state,
                "Python stamped arrivals, later",
            )
        )
    return found


def _coalesced(joined: Joined) -> list[TrustCheck]:
    """Reads of several events that waited longer for us than events are apart: their stamps are merged."""
    rows, us = flat(joined.attempts["read_us"])
    _, lag = flat(joined.attempts["read_lag_us"])
    _, per_read = flat(joined.attempts["read_events"])
    if not len(rows) or not len(us) == len(lag) == len(per_read):
        return []
    gaps = np.diff(us)[np.diff(rows) == 0]
    gaps = gaps[gaps > 0]
    if not len(gaps):
        return []
    share = float(np.mean((per_read > 1) & (lag > np.median(gaps))))
    note = "events share a stamp because the load process was late"
    return [_check("merged_stamps", "reads", share, 0.01, "share", graded(share, 0.01, 0.05), note)]


def _mock_lateness(joined: Joined) -> list[TrustCheck]:
    """The provider's own pacing, without the requests that a sealed network may have held up."""
    upstream = joined.upstream
    rows, late = flat(upstream["late_us"])
    if not len(rows):
        return []
    owner = upstream["attempt_row"].to_numpy(dtype=np.int64)
    held = np.append(joined.attempts["hit_outage"].to_numpy(dtype=bool), False)[owner]
    late = late[~held[rows]]
    if not len(late):
        return []
    p99 = float(np.percentile(late, 99, method="inverted_cdf")) / 1000.0
    emit_rows, emit = flat(upstream["emit_us"])
    gaps = np.diff(emit)[np.diff(emit_rows) == 0]
    gap = float(np.median(gaps)) / 1000.0 if len(gaps) else 0.0
    valid, suspect = max(0.1 * gap, 10.0), max(0.2 * gap, 25.0)
    note = "the mock provider kept its own schedule badly"
    return [_check("mock_lateness", "p99", p99, round(valid, 3), "ms", graded(p99, valid, suspect), note)]


def _conservation(joined: Joined) -> list[TrustCheck]:
    """Only where a ledger is to be expected: of a foreign system without our mock nothing is known."""
    ours = joined.run.plan.provider is not None and joined.run.plan.target.url is None
    if not len(joined.attempts) or not (joined.has_ledger or ours):
        return []
    found = conservation(joined)
    state: Trust = "INVALID" if found.unexplained else "VALID"
    note = (
        f"{len(found.unserved)} streams got tokens that no ledger row explains, {len(found.unasked)} ledger "
        f"rows belong to no record, {found.surplus_tokens} tokens more arrived than were emitted"
    )
    check = _check("conservation", "unexplained", found.unexplained, 0, "", state, note)
    # Neither makes the numbers wrong, but a reader who counts will miss them.
    aside = [
        f"{found.unforwarded} requests never reached the provider" if found.unforwarded else "",
        f"{found.unmarked} provider requests bore no stream id" if found.unmarked else "",
    ]
    check.note = "; ".join(part for part in (check.note, *aside) if part)
    return [check]


def _littles_law(joined: Joined) -> list[TrustCheck]:
    found = residuals(joined)
    if not found:
        return []
    worst = max(found, key=lambda residual: residual.share)
    note = f"phase {worst.phase}: records are missing, requests leak, or the load was not steady"
    state = graded(worst.share, 0.02, 0.05)
    return [_check("littles_law", "residual", worst.share, 0.02, "share", state, note)]


def _network_lateness(joined: Joined) -> list[TrustCheck]:
    late = [
        (entry.t_ns - entry.planned_ns) / 1e6
        for entry in joined.run.timeline
        if entry.kind == "network" and entry.planned_ns is not None and not entry.error
    ]
    failed = [entry for entry in joined.run.timeline if entry.kind == "network" and entry.error]
    found = []
    if late:
        p99 = float(np.percentile(late, 99, method="inverted_cdf"))
        state: Trust = "VALID" if p99 <= 100 else "SUSPECT"
        note = "network events came late; they are judged by when they really came"
        found.append(_check("network_lateness", "p99", p99, 100, "ms", state, note))
    if failed:
        note = f"network changes failed, the first with: {failed[0].error}"
        found.append(_check("network_applied", "failed", len(failed), 0, "changes", "SUSPECT", note))
    return found


def _events_per_worker(joined: Joined) -> list[TrustCheck]:
    """Content events in the busiest second of any load process, against what one process can stamp well."""
    content = joined.content
    if not len(content.row):
        return []
    second = ((joined.ms("sent")[content.row] + content.us / 1000.0) // 1000.0).astype(np.int64)
    worker = pd.factorize(joined.attempts["worker"])[0][content.row]
    _, counts = np.unique(second * (worker.max() + 1) + worker, return_counts=True)
    share = float(counts.max()) / EVENTS_PER_WORKER
    note = f"{counts.max()} events a second in one process; use more workers"
    return [_check("events_per_worker", "peak / cap", share, 0.8, "", graded(share, 0.8, 1.0), note)]


_QUESTIONS: tuple[Callable[[Joined], list[TrustCheck]], ...] = (
    _parts_alive, _parts_complete, _records, _conservation, _dispatch_delay, _rate_achieved, _loop_lag,
    _gc_pause, _cpu, _stamps, _coalesced, _events_per_worker, _mock_lateness, _littles_law,
    _network_lateness,
)  # fmt: skip
