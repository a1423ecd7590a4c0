"""Numbers -> verdicts, one promise a file, found by name. Pure.

A check module has `check(view: PhaseView) -> list[CheckResult]`: what one phase says of its promise. An
empty list means that the phase has nothing to say of it.
"""

from collections.abc import Callable

from harness.checks.view import PhaseView, all_views
from harness.metrics.join import Joined
from harness.named import Family
from harness.summary import CheckResult

Check = Callable[[PhaseView], list[CheckResult]]

_CHECKS = Family[Check](__name__, "check")


def names() -> list[str]:
    """Every check there is, by name."""
    return _CHECKS.names()


def load(name: str) -> Check:
    """The check called `name`. Raises KeyError for a name that no file has."""
    return _CHECKS.load(name)


def run_checks(joined: Joined) -> list[CheckResult]:
    """Every check of every phase that took place; warm-ups are not judged."""
    return [result for view in all_views(joined) for result in _of_phase(view)]


def _of_phase(view: PhaseView) -> list[CheckResult]:
    asked = view.phase.checks
    results: list[CheckResult] = []
    for name in names():
        # Objectives stand in a list of their own, so naming checks does not switch them off.
        if asked is not None and name not in asked and name != "meets_slo":
            continue
        found = load(name)(view)
        if not found and asked is not None and name in asked:
            found = [_silent(view, name)]
        results += found
    return results


def _silent(view: PhaseView, name: str) -> CheckResult:
    """A check that the plan asks for must not vanish because nothing happened that it could judge."""
    return CheckResult(
        id=name,
        phase=view.phase.name,
        state="INCONCLUSIVE",
        promise=f"The plan asks for {name} in this phase.",
        evidence="Nothing happened in this phase that it could judge.",
        fix="Make the phase longer or its load higher, or take the check out of the phase.",
    )
