"""Two stored runs -> gates on what does not depend on how fast the machine was that day. Pure.

Two runs from different times are all of one arm and then all of the other, with an unknown offset between
them: identical systems, paired block by block, would fail in a quarter of cases. So latency is shown and not
gated, unless five earlier runs say how much runs differ among themselves.
"""

import math

import numpy as np
from scipy.stats import fisher_exact

from harness.compare.gates import Measured, Rule, judge_gates
from harness.compare.history import LEAST_RUNS, standing
from harness.metrics import samples_of
from harness.metrics.join import Joined
from harness.metrics.percentiles import floor
from harness.metrics.samples import Floats
from harness.summary import Comparison, Gate, Summary
from reports.numerals import counted

_LEAST = 100  # streams behind a share
_SHOWN = (("ttft_user", 0.5), ("ttft_user", 0.95), ("gap", 0.99), ("e2e_term_user", 0.95))
_HISTORY = ("ttft_user", 0.95)


def _counts(joined: Joined) -> dict[str, tuple[int, int]]:
    """(hits, streams) of what should not become more frequent, planned warm-up left out."""
    calls = joined.calls & joined.measured
    n = int(calls.sum())
    found = {"failure_share": (n - int((calls & joined.is_outcome("completed", "cancelled")).sum()), n)}
    if joined.has_ledger:
        upstream = joined.attempts["up_n"].to_numpy()
        mine = joined.measured
        found["repeated_request_share"] = (int((upstream[mine] > 1).sum()), int(mine.sum()))
        wasted = joined.upstream["wasted_tokens"].to_numpy(dtype=float)
        found["wasted_answer_share"] = (int((wasted > 0).sum()), len(wasted))
    return found


def share_gate(name: str, baseline: tuple[int, int], candidate: tuple[int, int]) -> Measured:
    """Fisher's exact test of "no more frequent than before"."""
    gate = Measured(name=name, unit="share", kind="difference")
    if min(baseline[1], candidate[1]) < _LEAST:
        fewer = min(baseline[1], candidate[1])
        too_few = f"{counted(fewer, 'stream')} {'is' if fewer == 1 else 'are'} too few"
        gate.why = f"{too_few}; {_LEAST} are needed in either run"
        return gate
    before, now = baseline[0] / baseline[1], candidate[0] / candidate[1]
    table = [[candidate[0], candidate[1] - candidate[0]], [baseline[0], baseline[1] - baseline[0]]]
    gate.values = (before, now)
    gate.effect = now - before
    gate.low, gate.high = _difference(baseline, candidate)
    gate.p = float(fisher_exact(table, alternative="greater").pvalue)
    gate.pairs = 1
    if candidate[0] == 0:
        # A run that is bad in nothing cannot be worse; to show that of a share takes thousands of streams.
        gate.forced, gate.why = "PASS", f"not one of the candidate's {counted(candidate[1], 'stream')}"
    return gate


def _difference(baseline: tuple[int, int], candidate: tuple[int, int]) -> tuple[float, float]:
    """The 99 % interval of candidate minus baseline, by Newcombe: of two shares' own intervals (Wilson).

    Those know that none of a hundred, or all of them, does not mean never, or always.
    """
    (base_low, base, base_high), (cand_low, cand, cand_high) = _wilson(*baseline), _wilson(*candidate)
    low = cand - base - math.hypot(cand - cand_low, base_high - base)
    return low, cand - base + math.hypot(cand_high - cand, base - base_low)


def _wilson(hits: int, n: int, z: float = 2.576) -> tuple[float, float, float]:
    """(lower end, share, upper end)."""
    share = hits / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return min(share, middle - reach), share, max(share, middle + reach)


def never_gates(baseline: Summary, candidate: Summary) -> list[Gate]:
    """What must not happen once: broken content, and success told of a broken answer."""
    found = []
    for name, before, after in _nevers(baseline, candidate):
        worse = after > 0 and before == 0
        more = after > before
        found.append(
            Gate(
                metric=name,
                unit="streams",
                kind="difference",
                baseline=float(before),
                candidate=float(after),
                effect=float(after - before),
                least=0.0,
                limit=0.0,
                pairs=1,
                state="FAIL" if worse else "INCONCLUSIVE" if more else "PASS",
                why="it never happened before" if worse else "more often than before" if more else "",
            )
        )
    return found


def _nevers(baseline: Summary, candidate: Summary) -> list[tuple[str, int, int]]:
    one, other = baseline.two_sided, candidate.two_sided
    if one is None or other is None:
        return []
    names = sorted({*one.integrity, *other.integrity} - {"lost_tail"})
    counted = [(f"integrity {n}", one.integrity.get(n, 0), other.integrity.get(n, 0)) for n in names]
    return [("false_success", one.false_success, other.false_success), *counted]


def check_gates(baseline: Summary, candidate: Summary) -> list[Gate]:
    """Promises that the baseline kept and the candidate does not, objectives on latency left out."""
    kept = {(c.id, c.phase) for c in baseline.checks if c.state == "PASS"}
    broken = [
        c
        for c in candidate.checks
        if c.state == "FAIL" and (c.id, c.phase) in kept and not c.id.startswith("meets_slo")
    ]
    return [
        Gate(
            metric=f"{check.id} in {check.phase}",
            unit="",
            kind="difference",
            least=0.0,
            limit=0.0,
            state="FAIL",
            why=f"kept by the baseline, broken now: {check.evidence}",
        )
        for check in broken
    ]


def history_gate(candidate: Joined, earlier: list[Joined], rule: Rule) -> Gate | str:
    """The candidate's TTFT p95 among at least five baseline runs of the same machine, or why not."""
    name, q = _HISTORY
    before = np.array([value for run in earlier if (value := _quantile(run, name, q)) is not None])
    now = _quantile(candidate, name, q)
    metric = f"{name} p{q * 100:g}"
    if now is None:
        return f"{metric} is not gated: the candidate has too few streams for it"
    if len(before) < LEAST_RUNS:
        runs = counted(len(before), "earlier run")
        return f"{metric} is not gated: {runs} of {len(earlier)} can tell it, and {LEAST_RUNS} are needed"
    found = standing(now, before)
    if found is None:
        return f"{metric} is not gated: the earlier runs are all alike, so nobody knows how much runs differ"
    usual = float(np.exp(np.log(before).mean()))
    return Gate(
        metric=f"{metric} against {found.runs} earlier runs",
        unit="ms",
        kind="ratio",
        baseline=usual,
        candidate=now,
        effect=now / usual - 1,
        least=rule.min_effect,
        limit=rule.limit,
        pairs=found.runs,
        state="FAIL" if found.worse else "PASS",
        why=f"{found.distance:+.2f} standard deviations of those runs, limit {found.critical:.2f}",
    )


def _quantile(joined: Joined, name: str, q: float) -> float | None:
    samples = samples_of(joined, name).of(joined.measured)
    values: Floats = samples.values[np.isfinite(samples.values)]
    if samples.independent < floor(q) or not len(values):
        return None
    return float(np.quantile(values, q))


def latency_notes(baseline: Joined, candidate: Joined) -> list[str]:
    """Quantiles side by side: to be looked at, unable to decide."""
    notes = []
    for name, q in _SHOWN:
        one, other = _quantile(baseline, name, q), _quantile(candidate, name, q)
        if one and other:
            notes.append(
                f"{name} p{q * 100:g}: {one:.4g} -> {other:.4g} ms, "
                f"{(other / one - 1) * 100:+.1f} % (not gated)"
            )
    return notes


def compare_runs(
    runs: tuple[Joined, Joined], summaries: tuple[Summary, Summary], earlier: list[Joined],
    differences: list[str], rule: Rule,
) -> Comparison:  # fmt: skip
    """The verdict on the candidate, the second of each."""
    invalid = "; ".join(
        f"the {name} is invalid" for name, s in zip(("baseline", "candidate"), summaries, strict=True)
        if s.validity.state == "INVALID" or s.run.died
    )  # fmt: skip
    before, after = _counts(runs[0]), _counts(runs[1])
    measured = [share_gate(name, before[name], after[name]) for name in before if name in after]
    gates = judge_gates(measured, rule, invalid)
    notes = latency_notes(*runs)
    if not invalid:
        gates += never_gates(*summaries) + check_gates(*summaries)
        history = history_gate(runs[1], earlier, rule) if earlier else ""
        if isinstance(history, Gate):
            gates.append(history)
        elif history:
            notes.append(history)
    return Comparison(
        mode="advisory" if differences else "offline",
        design="two stored runs",
        baseline=summaries[0].run.id,
        candidate=summaries[1].run.id,
        alpha=rule.alpha,
        gates=gates,
        differences=differences,
        notes=notes,
    )
