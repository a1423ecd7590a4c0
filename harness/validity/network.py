"""Was the network changed when the plan said, and was it changed at all?"""

import numpy as np

from harness.metrics.join import Joined
from harness.summary import Trust, TrustCheck
from harness.validity.grade import trust_check

_MOST_FAILED = 0.1  # of all changes; with more, the plan's networks are not those that users were on


def network_lateness(joined: Joined) -> list[TrustCheck]:
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
        found.append(trust_check("network_lateness", "p99", p99, 100, "ms", state, note))
    if failed:
        planned = sum(entry.kind == "network" for entry in joined.run.timeline)
        state = "SUSPECT" if len(failed) <= _MOST_FAILED * planned else "INVALID"
        note = f"network changes failed, the first with: {failed[0].error}"
        found.append(trust_check("network_applied", "failed", len(failed), 0, "changes", state, note))
    return found


QUESTIONS = (network_lateness,)
