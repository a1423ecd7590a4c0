"""The verdict on each gated metric, and on all of them. First match wins.

INVALID: the measurement cannot be used, or this machine's own A/A runs fail too often. FAIL: worse beyond
chance (Holm over all gates) and by more than `min_effect`. PASS: surely better than `limit`. Else
INCONCLUSIVE, with what could have been found and how much more it takes.
"""

from typing import Literal

import msgspec
import numpy as np

from harness.compare.blocks import Pair, failure_shares, log_ratios
from harness.compare.holm import MOST_GATES, holm
from harness.compare.paired import LEAST_PAIRS, Paired, yuen
from harness.compare.signflip import sign_flip
from harness.metrics.samples import Floats
from harness.plan.draws import Rng
from harness.summary import Gate, State


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Fixed before the comparison. Never widened because it was red."""

    alpha: float = 0.01
    min_effect: float = 0.03  # changes below it never fail
    limit: float = 0.10  # what PASS excludes
    null: Literal["zero", "margin"] = "zero"  # margin: tested against min_effect, for those who must
    tolerance: float = 0.005  # of shares, in place of both

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 0.5 or not 0 <= self.min_effect < self.limit or self.tolerance <= 0:
            raise ValueError("alpha is above 0, min_effect is below limit, tolerance is positive")


class Measured(msgspec.Struct, kw_only=True):
    """One gate before the others are known: its p value, and everything that its verdict needs."""

    name: str
    unit: str
    kind: Literal["ratio", "difference"]
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    p: float = 1.0
    mde: float | None = None
    pairs: int = 0
    pairs_needed: int | None = None
    values: tuple[float | None, float | None] = (None, None)  # both arms, all blocks together
    forced: State | None = None  # decided by something else than the test
    why: str = ""


def latency(name: str, unit: str, pairs: list[Pair], q: float, rule: Rule) -> Measured:
    """A quantile of a latency: trimmed t on paired log ratios."""
    gate = Measured(name=name, unit=unit, kind="ratio", values=_pooled(pairs, q))
    _survivors(gate, failure_shares(pairs), q)
    found = yuen(log_ratios(pairs, q))
    if found is None:
        gate.why = gate.why or f"fewer than {LEAST_PAIRS} pairs have enough streams"
        gate.pairs_needed = LEAST_PAIRS
        return gate
    gate.pairs, gate.effect = found.pairs, found.effect
    gate.low, gate.high = found.interval()
    gate.p = found.p_above(rule.min_effect if rule.null == "margin" else 0.0)
    gate.mde = found.mde(rule.alpha)
    gate.pairs_needed = _more(found, rule)
    return gate


def _more(found: Paired, rule: Rule) -> int:
    return max(found.pairs + 1, found.pairs_for(rule.limit, rule.alpha))


def _survivors(gate: Measured, failing: tuple[float, float], q: float) -> None:
    """Streams that failed have no latency; when they are as many as the tail that is gated, that is news."""
    baseline, candidate = failing
    if candidate >= 1 - q and baseline >= 1 - q:
        gate.forced = "INCONCLUSIVE"
        gate.why = "both arms fail too often for this quantile"
    elif candidate >= 1 - q:
        gate.forced = "FAIL"
        gate.why = (
            f"{candidate:.1%} of the candidate's streams have no such time, {baseline:.1%} of the baseline's"
        )


def share(name: str, baseline: Floats, candidate: Floats, rng: Rng, rule: Rule) -> Measured:
    """A share that should not rise (of failures, of waiting): one value a block and arm, NaN for none."""
    known = np.isfinite(baseline) & np.isfinite(candidate)
    differences = (candidate - baseline)[known]
    gate = Measured(name=name, unit="share", kind="difference", pairs=len(differences))
    if len(differences) < LEAST_PAIRS:
        gate.why, gate.pairs_needed = f"fewer than {LEAST_PAIRS} pairs have a value", LEAST_PAIRS
        return gate
    gate.values = (float(baseline[known].mean()), float(candidate[known].mean()))
    error = float(np.std(differences, ddof=1) / np.sqrt(len(differences)))
    gate.effect = float(differences.mean())
    found = Paired(len(differences), gate.effect, error, len(differences) - 1)
    reach = found._quantile(0.995) * error
    gate.low, gate.high = gate.effect - reach, gate.effect + reach
    gate.p = sign_flip(differences - (rule.tolerance if rule.null == "margin" else 0.0), rng)
    gate.mde = (found._quantile(1 - rule.alpha) + found._quantile(0.9)) * error
    gate.pairs_needed = max(len(differences) + 1, round(len(differences) * (gate.mde / rule.tolerance) ** 2))
    return gate


def _pooled(pairs: list[Pair], q: float) -> tuple[float | None, float | None]:
    """Quantile of each arm over all blocks, for the reader; the test does not use it."""
    arms = [
        np.concatenate([getattr(p, arm) for p in pairs] or [np.zeros(0)]) for arm in ("baseline", "candidate")
    ]
    finite = [values[np.isfinite(values)] for values in arms]
    base, cand = (float(np.quantile(values, q)) if len(values) else None for values in finite)
    return base, cand


def judge_gates(measured: list[Measured], rule: Rule, invalid: str = "") -> list[Gate]:
    """All gates at once. Raises ValueError for more than four; `invalid` says why nothing counts."""
    if len(measured) > MOST_GATES:
        raise ValueError(f"at most {MOST_GATES} metrics can be gated; {len(measured)} were named")
    adjusted = holm([gate.p for gate in measured])
    return [_gate(gate, p, rule, invalid) for gate, p in zip(measured, adjusted, strict=True)]


def _gate(gate: Measured, p: float, rule: Rule, invalid: str) -> Gate:
    least = rule.min_effect if gate.kind == "ratio" else rule.tolerance
    limit = rule.limit if gate.kind == "ratio" else rule.tolerance
    state, why = _state(gate, p, least, limit, rule, invalid)
    return Gate(
        metric=gate.name,
        unit=gate.unit,
        kind=gate.kind,
        baseline=gate.values[0],
        candidate=gate.values[1],
        effect=gate.effect,
        low=gate.low,
        high=gate.high,
        p=gate.p,
        p_adjusted=p,
        least=least,
        limit=limit,
        mde=gate.mde,
        pairs=gate.pairs,
        pairs_needed=gate.pairs_needed if state == "INCONCLUSIVE" else None,
        state=state,
        why=why,
    )


def _state(
    gate: Measured, p: float, least: float, limit: float, rule: Rule, invalid: str
) -> tuple[State, str]:
    if invalid:
        return "INVALID", invalid
    if gate.forced is not None:
        return gate.forced, gate.why
    if gate.effect is None or gate.high is None:
        return "INCONCLUSIVE", gate.why
    if p < rule.alpha and gate.effect > least:
        return "FAIL", "worse beyond chance"
    if gate.high < limit:
        return "PASS", ""
    return "INCONCLUSIVE", "the interval reaches beyond the limit"


def overall(gates: list[Gate]) -> State:
    """INVALID before FAIL before INCONCLUSIVE before PASS."""
    states = {gate.state for gate in gates}
    for state in ("INVALID", "FAIL", "INCONCLUSIVE"):
        if state in states:
            return state
    return "PASS" if states else "INCONCLUSIVE"
