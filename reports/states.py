"""States of checks and measurements: their marks, and which of them a reader must see first."""

from harness.summary import CheckResult, Summary

# A state's kind names its colour; the mark says the same to those who see no colours.
STATES = {
    "PASS": ("pass", "✓"),
    "FAIL": ("fail", "✕"),
    "INCONCLUSIVE": ("open", "?"),
    "INVALID": ("invalid", "!"),
    "NOT MEASURED": ("none", "○"),
    "VALID": ("pass", "✓"),
    "SUSPECT": ("open", "?"),
}
QUIET = ("PASS", "NOT MEASURED")  # nothing to do about them
_SEVERITY = ("INVALID", "FAIL", "INCONCLUSIVE", "NOT MEASURED", "PASS")


def severity(check: CheckResult) -> int:
    """0 for the worst."""
    return _SEVERITY.index(check.state)


def broken(summary: Summary) -> list[CheckResult]:
    """The checks that somebody must look at, the worst first, else in the order of the summary."""
    return sorted((check for check in summary.checks if check.state not in QUIET), key=severity)


def kept(summary: Summary) -> list[CheckResult]:
    """The other checks, the ones that were not measured first."""
    return sorted((check for check in summary.checks if check.state in QUIET), key=severity)


def by_phase(summary: Summary) -> list[tuple[str, list[CheckResult]]]:
    """Checks by phase: what went wrong first, then the order of the run. The whole run has the name ""."""
    order = [phase.span.name for phase in summary.phases]
    groups: dict[str, list[CheckResult]] = {}
    for check in summary.checks:
        groups.setdefault(check.phase, []).append(check)
    for group in groups.values():
        group.sort(key=severity)

    def rank(phase: str) -> tuple[int, int, str]:
        return min(severity(groups[phase][0]), 2), order.index(phase) if phase in order else -1, phase

    return [(phase, groups[phase]) for phase in sorted(groups, key=rank)]
