"""Does an arrival's stamp tell when it arrived?"""

import numpy as np

from harness.metrics import samples_of
from harness.metrics.join import Joined
from harness.metrics.stamps import flat
from harness.summary import Trust, TrustCheck
from harness.validity.grade import graded, trust_check


def stamps(joined: Joined) -> list[TrustCheck]:
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
            trust_check(
                "read_lag", "p99", lag, 10, "ms", graded(lag, 10, worse), "reads waited for their process"
            )
        )
    if reads:
        share = (absent + implausible) / reads
        state: Trust = "VALID" if share <= 0.01 else "SUSPECT"
        found.append(
            trust_check(
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


def coalesced(joined: Joined) -> list[TrustCheck]:
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
    return [trust_check("merged_stamps", "reads", share, 0.01, "share", graded(share, 0.01, 0.05), note)]


def event_lateness(joined: Joined) -> list[TrustCheck]:
    """Arrival minus emission of every token, where nothing lies between user and provider.

    What is then late is ours: the stamp, the reader, or the machine under both.
    """
    plan = joined.run.plan
    if plan.stack.system != "none" or plan.target.url is not None or not joined.has_ledger:
        return []
    proxied = [phase.name for phase in plan.phases if phase.network]
    direct = joined.streamed & ~joined.attempts["phase"].isin(proxied).to_numpy(dtype=bool)
    # A fault may tear a token in two and send the rest later.
    direct &= (joined.attempts["up_fault"] == "").to_numpy(dtype=bool)
    late = samples_of(joined, "token_delay").of(direct).values
    if not len(late):
        return []
    p99 = float(np.percentile(late, 99, method="inverted_cdf"))
    note = "on the direct path tokens arrived late: the load processes or the machine are overloaded"
    return [trust_check("event_lateness", "p99", p99, 10, "ms", graded(p99, 10, 25), note)]


QUESTIONS = (stamps, coalesced, event_lateness)
