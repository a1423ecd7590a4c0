"""A broken answer is never passed off as a whole one."""

import numpy as np

from harness.checks.view import PhaseView, count
from harness.metrics.false_success import false_successes
from harness.summary import CheckResult

PROMISE = "No broken answer is shown to its user as complete."
_FIX = (
    "Turn an upstream that ends without its own last word into an error event, and send the dialect's end "
    "marker only after the provider's."
)


def check(view: PhaseView) -> list[CheckResult]:
    joined = view.joined
    if not view.mine.any():
        return []
    if not joined.has_ledger:
        return [view.not_measured("never_fakes_success", PROMISE)]
    wrong = np.zeros(len(view.mine), dtype=bool)
    wrong[false_successes(joined)] = True
    wrong &= view.mine
    claims = view.mine & (joined.is_outcome("completed") | wrong)
    broken = view.mine & (joined.attempts["up_ended_by"] == "fault").to_numpy(dtype=bool)
    if not claims.any() and not broken.any():
        return []
    evidence = (
        f"{count(wrong):,} of {count(claims):,} answers that claimed to be complete were not; "
        f"the provider broke {count(broken):,} answers."
    )
    return [view.finding("never_fakes_success", PROMISE, wrong, evidence, _FIX)]
