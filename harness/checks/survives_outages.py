"""A network that goes silent and comes back must cost the user time, not the answer."""

import numpy as np

from harness.checks.view import PhaseView, count, listed
from harness.metrics.gaps import longest
from harness.metrics.outcomes import counts
from harness.metrics.planned import spanning
from harness.metrics.samples import Bools
from harness.metrics.spans import Event
from harness.plan.network import Step
from harness.summary import CheckResult

PROMISE = "A stream that is open when the network falls silent goes on, whole, when it is back."
GAP_MS = 1000.0


def check(view: PhaseView) -> list[CheckResult]:
    """Judges streams that were open when an outage began and that no other planned fault hit."""
    outages = [event for event in view.joined.events if event.kind == "outage" and _here(view, event)]
    silences = any(event.kind == "silence" and _here(view, event) for event in view.joined.events)
    if not outages and (silences or not _planned(view)):
        return []
    joined, attempts = view.joined, view.joined.attempts
    open_before = np.zeros(len(attempts), dtype=bool)
    for outage in outages:
        open_before |= spanning(attempts, outage, joined.run.origin_ns)
    otherwise = attempts["hit_cut"].ne("") | attempts["hit_provider"].ne("") | attempts["hit_quota"]
    excused = otherwise.to_numpy(dtype=bool) | joined.is_outcome("cancelled", "abandoned", "interrupted")
    judged = view.mine & open_before & ~excused
    return [_result(view, judged, _silences(view))]


def _here(view: PhaseView, event: Event) -> bool:
    cohorts = {cohort.name for cohort in view.phase.network}
    return event.phase == view.phase.name or (not event.phase and event.cohort in cohorts)


def _planned(view: PhaseView) -> bool:
    journeys = view.joined.run.plan.network.journeys
    steps: list[Step] = [step for cohort in view.phase.network for step in journeys[cohort.journey]]
    return any(step.outage for step in steps)


def _silences(view: PhaseView) -> np.ndarray:
    """The longest silence of each attempt, ms: before its first content or after it."""
    joined = view.joined
    quiet = np.nan_to_num(joined.ms("first_content") - joined.ms("sent"))
    found = longest(joined)
    quiet[found.rows] = np.maximum(quiet[found.rows], found.values)
    return quiet


def _result(view: PhaseView, judged: Bools, silence: np.ndarray) -> CheckResult:
    joined = view.joined
    whole = judged & joined.is_outcome("completed")
    failed = judged & ~whole
    waited = whole & (silence > GAP_MS)
    result = CheckResult(
        id="survives_outages", phase=view.phase.name, state="PASS", promise=PROMISE, evidence="",
        value=count(failed), limit=0, unit="streams", streams=view.shown(failed),
    )  # fmt: skip
    if failed.any():
        result.state = "FAIL"
        result.evidence = (
            f"{count(failed):,} of {count(judged):,} streams that were open when an outage began did not "
            f"complete: {listed(counts(joined, failed))}."
        )
        result.fix = "Raise idle limits on the way above the outage; a silent network is not a closed one."
    elif not waited.any():
        result.state = "INCONCLUSIVE"
        result.evidence = (
            f"{count(judged):,} streams were open when an outage began, and none shows a gap of more than "
            "1 s."
        )
        result.fix = "Make the outage longer than 1 s, or the load higher, so that it meets open streams."
    else:
        result.evidence = (
            f"{count(whole):,} of {count(judged):,} streams that were open when an outage began completed; "
            f"{count(waited):,} of them waited more than 1 s, the longest "
            f"{silence[waited].max() / 1000:.1f} s."
        )
    return result
