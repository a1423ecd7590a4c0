"""What the provider says is what the user reads: nothing lost, repeated, swapped, foreign or changed."""

import numpy as np

from harness.checks.view import PhaseView, count, listed
from harness.metrics.faults import fault_id
from harness.metrics.integrity import KINDS, integrity
from harness.summary import CheckResult

PROMISE = "Users receive exactly the tokens that the provider emitted, in order."
_FIX = (
    "Compare the text of these streams with the canonical answer; look for a buffer that drops or a retry "
    "that repeats."
)


def check(view: PhaseView) -> list[CheckResult]:
    """Broken streams must be an exact beginning of their answer; completed ones all of it."""
    joined, attempts = view.joined, view.joined.attempts
    if not view.mine.any():
        return []
    verified = view.mine & view.flag("verified")
    if not joined.has_ledger:
        return [view.not_measured("loses_no_tokens", PROMISE)]
    # Where the provider itself was to spoil or repeat tokens, the system can only pass them on.
    spoiled = attempts["hit_provider"].map(fault_id).isin(("s8", "s11")).to_numpy(dtype=bool)
    judged = verified & (attempts["up_row"] >= 0).to_numpy(dtype=bool) & ~spoiled
    if not judged.any():
        return []
    damage = {kind: number for kind, number in integrity(joined, judged).items() if number}
    whole = judged & joined.is_outcome("completed")
    tokens = attempts["answer_tokens"].to_numpy(dtype=np.float64)
    emitted = attempts["up_text_tokens"].to_numpy(dtype=np.float64)
    usage = attempts["output_tokens"].to_numpy(dtype=np.float64, na_value=np.nan)
    written = tokens + attempts["up_other_tokens"].to_numpy(dtype=np.float64)
    miscounted = whole & np.isfinite(usage) & (usage != written)
    differing = whole & (emitted != tokens)
    broken = (attempts[list(KINDS)].sum(axis=1) > 0).to_numpy(dtype=bool) & judged
    wrong = broken | differing | miscounted
    evidence = _evidence(
        int(emitted[whole].sum()), int(tokens[whole].sum()), count(whole), damage, count(miscounted)
    )
    return [view.finding("loses_no_tokens", PROMISE, wrong, evidence, _FIX)]


def _evidence(emitted: int, received: int, streams: int, damage: dict[str, int], miscounted: int) -> str:
    text = f"{received:,} of {emitted:,} tokens arrived in {streams:,} completed streams"
    text += f"; {listed(damage)}" if damage else "; none lost, repeated, reordered, foreign or altered"
    text += f"; usage differs from the text in {miscounted:,} streams" if miscounted else ""
    return text + "."
