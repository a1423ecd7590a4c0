"""Streams that succeeded and met every objective that can be asked of a single stream."""

import numpy as np

from harness.metrics.join import Joined
from harness.metrics.samples import Bools


def good(joined: Joined) -> Bools:
    """One flag an attempt: the last of its stream, completed, and within its phase's objectives.

    An objective on a percentile of one value a stream (TTFT, end to end, TPOT, longest gap) asks the same
    limit of every stream. Objectives on pooled gaps and on shares cannot be asked of one stream.
    """
    from harness.metrics import samples_of, series  # the registry imports this module

    flags = joined.calls & joined.is_outcome("completed")
    for phase in joined.run.plan.phases:
        mine = joined.of_phase(phase.name)
        for objective in phase.objectives:
            if objective.percent is None or objective.metric not in series() or objective.metric == "gap":
                continue
            found = samples_of(joined, objective.metric).of(mine)
            fails = [not objective.holds(float(value)) for value in found.values]
            flags[found.rows[np.array(fails, dtype=bool)]] = False
    return flags


def goodput_ratio(joined: Joined, chosen: Bools) -> float | None:
    """Good streams over intended ones."""
    return share_of(joined, chosen, good(joined))


def share_of(joined: Joined, chosen: Bools, flags: Bools) -> float | None:
    """The same with the flags of `good`, which serve for many choices."""
    intended = int(np.count_nonzero(chosen & joined.calls))
    return float(np.count_nonzero(flags & chosen)) / intended if intended else None


SHARES = {"goodput_ratio": goodput_ratio}
