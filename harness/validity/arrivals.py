"""Did an open loop's streams begin in the law that the plan states, or in clumps and under a cap?"""

import numpy as np
from scipy.stats import gamma

from harness.metrics.join import Joined
from harness.metrics.samples import Floats
from harness.plan.phases import Load, Phase
from harness.summary import Trust, TrustCheck
from harness.validity.anderson_darling import p_value, statistic
from harness.validity.grade import trust_check

LEAST_GAPS = 30  # with fewer, nothing but the grossest would show
# Streams may begin some ms late (`dispatch_delay` judges that). Gaps that are short beside it would differ
# from their law by it, so that at high rates each n-th arrival is looked at, n gaps being this long.
LEAST_MEAN_S = 0.1
# Shorter gaps are counted, but not told apart: a process begins one stream after the other.
LEAST_GAP_S = 0.005
# With very many gaps the test sees differences that no system under test could. This far the share of gaps
# below some length must be from the law's, too.
LEAST_DISTANCE = 0.05
_LIMIT = 0.01


def arrivals_shape(joined: Joined) -> list[TrustCheck]:
    """The worst of the phases with random arrivals, its probability corrected for how many were asked.

    A valid run is called SUSPECT in one of a hundred.
    """
    tested = []
    for phase in joined.run.plan.phases:
        if phase.load.rate is not None and phase.load.arrivals != "constant":
            shares = _shares(phase.load, _begun_s(joined, phase))
            if len(shares) >= LEAST_GAPS:
                tested.append((p_value(statistic(shares)), _distance(shares), phase))
    if not tested:
        return []
    tested = [(min(1.0, p * len(tested)), distance, phase) for p, distance, phase in tested]
    p, distance, phase = min(tested, key=lambda found: (_state(*found[:2]) == "VALID", found[0]))
    law = f"{phase.load.arrivals} arrivals of {phase.load.rate:g}/s"
    note = f"phase {phase.name}: streams did not begin as {law}"
    return [
        trust_check("arrivals_shape", "worst p", p, _LIMIT, "", _state(p, distance), note, bound="at least")
    ]


def _state(p: float, distance: float) -> Trust:
    return "SUSPECT" if p < _LIMIT and distance > LEAST_DISTANCE else "VALID"


def _begun_s(joined: Joined, phase: Phase) -> Floats:
    """When the arrivals of a phase really began, of all load processes together, ascending.

    An arrival is one user; what he asks after his first question is no arrival.
    """
    attempts = joined.attempts[joined.of_phase(phase.name)].drop_duplicates(["worker", "user"])
    begun = attempts["dispatched"].dropna().to_numpy(dtype=np.float64)
    return np.sort(begun) / 1000.0


def _shares(load: Load, begun_s: Floats) -> Floats:
    """The gaps as shares of their law, ascending: even between 0 and 1 where it was kept.

    n gaps of a gamma law together are a gamma law of n times the shape.
    """
    assert load.rate is not None
    shape = 1.0 if load.arrivals == "poisson" else 1.0 / load.cv**2
    every = max(1, int(np.ceil(LEAST_MEAN_S * load.rate)))
    gaps = np.sort(np.diff(begun_s[::every]))
    law = gamma(every * shape, scale=1.0 / (load.rate * shape))
    shares: Floats = law.cdf(gaps)
    short = int(np.searchsorted(gaps, LEAST_GAP_S))
    shares[:short] = law.cdf(LEAST_GAP_S) * (np.arange(short) + 0.5) / max(1, short)
    return shares


def _distance(shares: Floats) -> float:
    """The largest difference between the law's distribution function and that of the gaps."""
    ranks = np.arange(len(shares) + 1) / len(shares)
    return float(max(np.max(ranks[1:] - shares), np.max(shares - ranks[:-1])))


QUESTIONS = (arrivals_shape,)
