"""A provider's 429 is for the user to know, with the time to wait."""

import numpy as np

from harness.checks.view import PhaseView, count, listed
from harness.metrics.outcomes import counts
from harness.summary import CheckResult

PROMISE = "A provider's rate limit reaches the user as one, with its Retry-After."
_FIX = "Answer with status 429 and copy Retry-After from the provider's response."


def check(view: PhaseView) -> list[CheckResult]:
    """Judges attempts whose last upstream request was refused with 429."""
    joined, attempts = view.joined, view.joined.attempts
    refused = view.mine & view.flag("hit_quota") & (attempts["up_status"] == 429).to_numpy(dtype=bool)
    judged = refused & ~joined.is_outcome("cancelled", "abandoned", "interrupted")
    judged &= (attempts["hit_cut"] == "").to_numpy(dtype=bool) & ~view.flag("hit_refuse")
    if not judged.any():
        return []
    limited = joined.is_outcome("rate_limited")
    told = np.isfinite(attempts["retry_after_s"].to_numpy(dtype=np.float64, na_value=np.nan))
    owed = np.isfinite(attempts["up_retry_after_s"].to_numpy(dtype=np.float64))
    silent = judged & limited & owed & ~told
    wrong = (judged & ~limited) | silent
    evidence = f"{count(judged & limited):,} of {count(judged):,} provider refusals reached the user as such"
    other = counts(joined, judged & ~limited)
    evidence += f"; the others: {listed(other)}" if other else ""
    evidence += f"; {count(silent):,} without Retry-After." if silent.any() else "."
    return [view.finding("passes_rate_limits", PROMISE, wrong, evidence, _FIX)]
