"""Which objectives can be asked of one stream at a time, and how many streams are beyond one. Pure.

What can be counted is decided by the table of looks, which holds its error rate. What cannot is a ratio of
sums, or a percentile of something of which a stream has many or most streams none: thousands of gaps of one
stream are not thousands of witnesses.
"""

import math

import numpy as np

from harness.capacity.looks import looks
from harness.checks.meets_slo import streams_needed
from harness.metrics import samples_of, series, shares
from harness.metrics.false_success import false_successes
from harness.metrics.fluidity import FLUID
from harness.metrics.gaps import STALL_MS
from harness.metrics.join import Joined
from harness.metrics.percentiles import floor
from harness.metrics.samples import Bools
from harness.plan.slo import Slo

_NOT_ONE_A_STREAM = {"gap", "token_delay", "hidden_retry", "upstream_abort"}
# Shares of all streams that were wanted: their count is the share times those.
_OF_ALL = {
    "success_share", "goodput_ratio", "error_share", "truncated_share", "abandoned_share",
    "rate_limited_share", "dropped_share",
}  # fmt: skip
_OF_SOME = {"stalled_share", "fluid_share", "false_success_share"}
_SUREST = 0.999  # "all" and "none" cannot be shown; one in a thousand can
_LEAST = 100  # streams of a look where nothing is counted one by one


def counted_share(slo: Slo) -> float | None:
    """The share of streams that must be within; None where the objective cannot be asked of one stream."""
    below = slo.relation in ("<", "<=")
    if slo.percent is not None:
        if slo.metric not in series() or slo.metric in _NOT_ONE_A_STREAM:
            return None
        p = slo.percent / 100
        return p if below else round(1 - p, 9)
    if slo.metric not in _OF_ALL | _OF_SOME:
        return None
    share = round(1 - slo.limit, 9) if below else slo.limit
    return min(share, _SUREST) if share > 0 else None


def over(joined: Joined, slo: Slo, mine: Bools) -> tuple[int, int]:
    """(streams beyond the objective, streams) among `mine`, for an objective that can be counted.

    A stream that failed is beyond every percentile, however early its first token came; a share counts what
    its name says. Who left by plan, or has nothing to measure, is not counted.
    """
    calls = mine & joined.calls
    if slo.percent is not None:
        return _beyond_percentile(joined, slo, calls)
    have, n = _having(joined, slo.metric, calls)
    return (have if slo.relation in ("<", "<=") else n - have), n


def look_streams(objectives: list[Slo], look: int, inflation: float) -> int:
    """Streams that every objective wants to have been seen by that look (0, 1, 2)."""
    wanted = []
    for slo in objectives:
        share = counted_share(slo)
        if share is not None:
            wanted.append(round(looks(share)[look].n * inflation))
        elif slo.percent is not None:
            wanted.append(floor(slo.percent / 100))
        else:
            wanted.append(max(_LEAST, streams_needed(slo.limit)))
    return max(wanted, default=_LEAST)


def _beyond_percentile(joined: Joined, slo: Slo, calls: Bools) -> tuple[int, int]:
    """A stream with several attempts is beyond as soon as one of them is."""
    samples = samples_of(joined, slo.metric)
    owner = joined.attempts["stream_row"].to_numpy(dtype=np.int64)[samples.rows]
    within = np.fromiter((slo.holds(float(value)) for value in samples.values), bool, len(owner))
    failed = joined.calls & ~joined.is_outcome("completed", "cancelled")
    asked, beyond = failed.copy(), failed.copy()
    asked[owner] = True
    beyond[owner[~within]] = True
    return int(np.count_nonzero(calls & beyond)), int(np.count_nonzero(calls & asked))


def _having(joined: Joined, metric: str, calls: Bools) -> tuple[int, int]:
    """(streams of which the share's name is true, streams that it is a share of)."""
    match metric:
        case "stalled_share":
            silences = samples_of(joined, "max_gap").of(calls).values
            return int(np.count_nonzero(silences > STALL_MS)), len(silences)
        case "fluid_share":
            indices = samples_of(joined, "fluidity").of(calls).values
            return int(np.count_nonzero(indices >= FLUID)), len(indices)
        case "false_success_share":
            wrong = np.zeros(len(calls), dtype=bool)
            wrong[false_successes(joined)] = True
            claims = calls & (joined.is_outcome("completed") | wrong)
            return int(np.count_nonzero(wrong & claims)), int(np.count_nonzero(claims))
        case _:
            n = int(np.count_nonzero(calls))
            share = shares()[metric](joined, calls)
            return (0 if share is None or math.isnan(share) else round(share * n)), n
