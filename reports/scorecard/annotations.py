"""Workflow commands for GitHub: each promise that was not kept appears beside the job, with its fix."""

from harness.scorecard import Promise, Scorecard
from harness.summary import CheckResult
from reports.clean import shown
from reports.formats import github_annotations
from reports.scorecard.words import in_state

FILE = github_annotations.FILE


def render(card: Scorecard) -> str:
    """One command a line, as `reports.formats.github_annotations` writes them for a run."""
    card = shown(card)
    bad = in_state(card, "FAIL", "INVALID", "INCONCLUSIVE")
    return github_annotations.commands([_as_check(one) for one in bad], card.state, card.headline)


def _as_check(one: Promise) -> CheckResult:
    return CheckResult(
        id=one.id, phase=one.group, state=one.state, promise=one.promise, evidence=one.evidence, fix=one.fix
    )
