"""Did the mock provider keep its own schedule?"""

import numpy as np

from harness.metrics.join import Joined
from harness.metrics.stamps import flat
from harness.summary import TrustCheck
from harness.validity.grade import graded, trust_check


def mock_lateness(joined: Joined) -> list[TrustCheck]:
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
    return [
        trust_check("mock_lateness", "p99", p99, round(valid, 3), "ms", graded(p99, valid, suspect), note)
    ]


QUESTIONS = (mock_lateness,)
