"""Were streams begun when the schedule wanted them, and did no process take on too much?"""

import numpy as np
import pandas as pd

from harness.metrics import samples_of
from harness.metrics.join import Joined
from harness.summary import Trust, TrustCheck
from harness.validity.grade import graded, trust_check

EVENTS_PER_WORKER = 25_000.0  # a second; until the machine has been measured


def dispatch_delay(joined: Joined) -> list[TrustCheck]:
    values = samples_of(joined, "dispatch_delay").values
    if not len(values):
        return []
    p50, p99 = (float(np.percentile(values, p, method="inverted_cdf")) for p in (50, 99))
    state: Trust = "INVALID" if p50 >= 10 else graded(p99, 25, 100)
    note = f"streams began late (p50 {p50:.1f} ms): the load processes are overloaded"
    return [trust_check("dispatch_delay", "p99", p99, 25, "ms", state, note)]


def rate_achieved(joined: Joined) -> list[TrustCheck]:
    """Of an open loop: streams begun over streams that the schedule wanted."""
    opened = [phase.name for phase in joined.run.plan.phases if not phase.load.closed]
    mine = joined.attempts["phase"].isin(opened).to_numpy(dtype=bool) & joined.last
    if not mine.any():
        return []
    dropped = int(np.count_nonzero(mine & joined.is_outcome("not_started")))
    share = 1.0 - dropped / int(np.count_nonzero(mine))
    state: Trust = "INVALID" if share < 0.95 else "SUSPECT" if dropped else "VALID"
    note = f"{dropped} were dropped"
    # Only all of them are VALID, so a limit of 0.99 would call a share doubtful that is within it.
    return [trust_check("rate_achieved", "begun / wanted", share, 1, "", state, note, bound="at least")]


def events_per_worker(joined: Joined) -> list[TrustCheck]:
    """Content events in the busiest second of any load process, against what one process can stamp well.

    The run's `env` may say, as `events_per_worker`, what was measured on its machine.
    """
    content = joined.content
    if not len(content.row):
        return []
    second = ((joined.ms("sent")[content.row] + content.us / 1000.0) // 1000.0).astype(np.int64)
    worker = pd.factorize(joined.attempts["worker"])[0][content.row]
    _, counts = np.unique(second * (worker.max() + 1) + worker, return_counts=True)
    cap = float(joined.run.facts.env.get("events_per_worker") or EVENTS_PER_WORKER)
    share = float(counts.max()) / cap
    note = f"{counts.max()} events a second in one process; use more workers"
    return [trust_check("events_per_worker", "peak / cap", share, 0.8, "", graded(share, 0.8, 1.0), note)]


QUESTIONS = (dispatch_delay, rate_achieved, events_per_worker)
