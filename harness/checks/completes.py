"""Streams that nothing planned broke must come to their end."""

from harness.checks.view import PhaseView, count, listed, of
from harness.metrics.outcomes import counts
from harness.metrics.samples import Bools
from harness.summary import CheckResult

PROMISE = "Every stream that no planned fault broke reaches its user whole."
_FIX = "Look at the streams named here in streams.parquet: error, detail and status say why."
# Their users or the end of the run ended them, or they never began: none is the system's doing.
_NOT_THE_SYSTEMS = ("cancelled", "abandoned", "interrupted", "not_started")


def check(view: PhaseView) -> list[CheckResult]:
    """A sealed outage only delays, so streams that met nothing else are judged too."""
    joined, attempts = view.joined, view.joined.attempts
    broken_by_plan = (
        (attempts["hit_cut"] != "")
        | (attempts["hit_provider"] != "")
        | attempts["hit_refuse"]
        | attempts["hit_quota"]
    ).to_numpy(dtype=bool)
    judged = view.mine & ~broken_by_plan & ~joined.is_outcome(*_NOT_THE_SYSTEMS)
    if not judged.any():
        return _unended(view, view.mine & ~broken_by_plan & joined.is_outcome("interrupted"))
    whole = judged & joined.is_outcome("completed")
    failed = judged & ~whole
    aside = counts(joined, view.mine & ~broken_by_plan & ~judged)
    evidence = f"{of(count(whole), count(judged))} completed"
    evidence += f"; the others: {listed(counts(joined, failed))}" if failed.any() else ""
    evidence += f"; not judged: {listed(aside)}." if aside else "."
    return [view.finding("completes", PROMISE, failed, evidence, _FIX)]


def _unended(view: PhaseView, interrupted: Bools) -> list[CheckResult]:
    """Where no stream has ended by itself and some were cut off by the run's end, nothing is shown."""
    if not interrupted.any():
        return []
    return [
        CheckResult(
            id="completes",
            phase=view.phase.name,
            state="INCONCLUSIVE",
            promise=PROMISE,
            evidence="Not one stream had the time to end; "
            f"cut off by the end of the run: {count(interrupted):,}.",
            fix="Give the plan a longer phase, or a `drain_s` that its longest answers fit into.",
            streams=view.shown(interrupted),
        )
    ]
