"""A planned fault must reach the user as what it was."""

import numpy as np

from harness.checks.endings import Hit, honest_endings
from harness.checks.view import PhaseView, count, listed, of
from harness.metrics.outcomes import counts
from harness.metrics.samples import Bools
from harness.summary import CheckResult

PROMISE = "Every planned fault ends the streams that it hits in the declared way, and in no other."
_FIX = (
    "Map every way in which the upstream can end to an explicit ending for the user, or declare "
    "target.expect.provider_fault: as_is for a transparent proxy."
)

# Endings that are the user's own or the run's say nothing about the system.
_NOT_JUDGED = ("cancelled", "abandoned", "interrupted", "not_started")


def check(view: PhaseView) -> list[CheckResult]:
    """Attempts hit by several faults may end in the way of any of them.

    A system that asks its provider again and delivers the second answer whole has absorbed the fault.
    """
    attempts = view.joined.attempts
    hit = attempts["hit_provider"].ne("") | attempts["hit_cut"].ne("") | attempts["hit_refuse"]
    judged = view.mine & hit.to_numpy(dtype=bool) & ~view.joined.is_outcome(*_NOT_JUDGED)
    columns = [attempts[name].tolist() for name in Hit._fields]
    outcomes = attempts["outcome"].tolist()
    right = np.zeros(len(judged), dtype=bool)
    unknown = np.zeros(len(judged), dtype=bool)
    for row in np.flatnonzero(judged):
        endings = honest_endings(Hit(*(column[row] for column in columns)), view.joined.run.plan)
        unknown[row] = not endings
        right[row] = outcomes[row] in endings
    judged &= ~unknown
    if not judged.any():
        return []
    wrong = judged & ~right
    return [view.finding("reports_every_fault", PROMISE, wrong, _evidence(view, judged, wrong), _FIX)]


def _evidence(view: PhaseView, judged: Bools, wrong: Bools) -> str:
    joined = view.joined
    text = f"{of(count(judged & ~wrong), count(judged))} that a fault hit ended as declared"
    text += f" ({listed(counts(joined, judged & ~wrong))})" if (judged & ~wrong).any() else ""
    return text + (f"; not so: {listed(counts(joined, wrong))}." if wrong.any() else ".")
