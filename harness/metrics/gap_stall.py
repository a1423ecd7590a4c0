"""Share of a stream's time that lies in the excess of its gaps over what is usual here.

Sum of max(0, gap - theta) over last - first content, theta = max(200 ms, 3 x median gap of the baseline).
The baseline is the run's steady phases, or the whole run where it has none.
"""

import numpy as np

from harness.metrics.gaps import closed_gaps
from harness.metrics.join import Joined
from harness.metrics.samples import Bools, Samples, finite

_LEAST_MS = 200.0


def threshold_ms(joined: Joined) -> float:
    rows, values = closed_gaps(joined)
    steady = [phase.name for phase in joined.run.plan.phases if phase.kind == "steady"]
    calm = joined.attempts["phase"].isin(steady).to_numpy(dtype=bool)[rows]
    baseline = values[calm] if calm.any() else values
    return max(_LEAST_MS, 3.0 * float(np.median(baseline))) if len(baseline) else _LEAST_MS


def gap_stall_share(joined: Joined) -> Samples:
    rows, values = closed_gaps(joined)
    excess = np.bincount(rows, np.maximum(values - threshold_ms(joined), 0.0), minlength=len(joined.attempts))
    spread = joined.ms("answer_last_content") - joined.ms("answer_first_content")
    share = np.divide(excess, spread, out=np.full(len(spread), np.nan), where=spread > 0)
    ends = np.flatnonzero(joined.attempts["answer_last"].to_numpy(dtype=bool))
    return finite("share", ends, share[ends])


def pooled_share(joined: Joined, chosen: Bools) -> float | None:
    """Excess of all streams over streaming time of all streams."""
    rows, values = closed_gaps(joined)
    mine = chosen[rows]
    whole = chosen & joined.attempts["answer_last"].to_numpy(dtype=bool)
    spread = np.nansum((joined.ms("answer_last_content") - joined.ms("answer_first_content"))[whole])
    excess = np.maximum(values[mine] - threshold_ms(joined), 0.0).sum()
    return float(excess / spread) if spread > 0 else None


SERIES = {"gap_stall_share": gap_stall_share}
SHARES = {"gap_stall_share": pooled_share}
