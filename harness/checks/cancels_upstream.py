"""Nobody should generate, and pay for, text that has no reader any more."""

import numpy as np

from harness.checks.view import PhaseView, count
from harness.metrics.waste import aborts, wasted_of
from harness.summary import CheckResult

PROMISE = "When a user is gone, the system stops the provider."
RESUME_PROMISE = "When a user does not come back in time, the system stops the provider, as declared."
DRAIN_PROMISE = "When a user is gone, the system lets the provider finish, as declared."


def check(view: PhaseView) -> list[CheckResult]:
    """Judges attempts whose user left while the provider was at work.

    A sealed outage hides the user's leaving from the system, so attempts that met one are left out; so are
    those whose provider was done before the time allowed for noticing was over, and those that another
    attempt went on with: their user came back.
    """
    joined = view.joined
    drains = view.expect.after_disconnect == "drain"
    promise = {"drain": DRAIN_PROMISE, "resume": RESUME_PROMISE}.get(view.expect.after_disconnect, PROMISE)
    if not joined.has_ledger:
        return [view.not_measured("cancels_upstream", promise)] if _somebody_left(view) else []
    found = aborts(joined)
    allowed_ms = view.expect.cancel_within_s * 1000.0
    hidden = view.flag("hit_outage")[found.rows]
    told = np.isfinite(found.delay_ms) | (found.went_on_ms > allowed_ms)
    chosen = view.mine[found.rows] & ~hidden & told
    if not chosen.any():
        return []
    rows, delay = found.rows[chosen], found.delay_ms[chosen]
    left = np.zeros(len(joined.attempts), dtype=bool)
    left[rows] = True
    wasted = wasted_of(joined, left) or 0
    wrong = left.copy()
    wrong[rows] = np.isfinite(delay) & _unfinished(view)[rows] if drains else delay > allowed_ms
    finite = delay[np.isfinite(delay)]
    slowest = f"{finite.max():.0f} ms" if len(finite) else "never"
    if drains:
        evidence = f"The provider was stopped for {count(wrong):,} of {len(rows):,} users who left; "
    else:
        evidence = (
            f"{len(rows) - count(wrong):,} of {len(rows):,} users' leaving reached the provider within "
        )
        evidence += f"{allowed_ms:.0f} ms (slowest noticed: {slowest}); "
    evidence += f"{wasted:,} {'token was' if wasted == 1 else 'tokens were'} generated for nobody."
    return [view.finding("cancels_upstream", promise, wrong, evidence, _fix(drains))]


def _somebody_left(view: PhaseView) -> bool:
    return bool((view.mine & view.joined.is_outcome("reset", "cancelled", "abandoned", "stalled")).any())


def _unfinished(view: PhaseView) -> np.ndarray:
    """Attempts whose provider was stopped before its last token."""
    attempts = view.joined.attempts
    flags: np.ndarray = (attempts["up_emitted_tokens"] < attempts["up_planned_tokens"]).to_numpy(dtype=bool)
    return flags


def _fix(drains: bool) -> str:
    if drains:
        return "The system cancels; declare target.expect.after_disconnect: cancel if that is wanted."
    return (
        "Watch the user's connection while streaming and close the upstream request when it is gone; if "
        "finishing is on purpose, declare target.expect.after_disconnect: drain; if it waits for users to "
        "come back, declare resume, with a cancel_within_s that allows for it."
    )
