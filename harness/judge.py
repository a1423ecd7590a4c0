"""Records -> `Summary`: numbers, checks, validity, verdict. Pure, so it may be done again at will."""

import hashlib
from typing import Any

import numpy as np

from harness.checks import run_checks
from harness.metrics.arms import arms
from harness.metrics.curves import curves, objectives
from harness.metrics.decomposition import decomposition
from harness.metrics.delivery import deliveries
from harness.metrics.faults import fault_rows
from harness.metrics.gallery import gallery
from harness.metrics.join import Joined, join
from harness.metrics.outcomes import counts
from harness.metrics.phases import distributions, event_spans, metrics, phase_results
from harness.metrics.reconnects import reconnects
from harness.metrics.recovery import recoveries
from harness.metrics.resilience import resilience
from harness.metrics.run_data import RunData
from harness.metrics.spans import phase_spans
from harness.metrics.timeseries import timeseries
from harness.metrics.two_sided import two_sided
from harness.plan.reader import dump
from harness.summary import CheckResult, RunInfo, State, Summary, Validity, Verdict
from harness.validity import assess
from harness.verdict import exit_code_of, reasons, sentences, verdict_state


def judge(run: RunData) -> Summary:
    """Everything that a report shows of `run`, however early the run ended."""
    joined = join(run)
    checks = run_checks(joined)
    validity = assess(joined)
    info = _info(run)
    summary = Summary(
        run=info,
        env=run.facts.env,
        validity=validity,
        verdict=Verdict(state="INCONCLUSIVE", exit_code=3),
        checks=checks,
        phases=phase_results(joined),
        events=event_spans(joined),
        faults=fault_rows(joined),
        streams=_streams(joined),
        metrics=metrics(joined, joined.measured),
        two_sided=two_sided(joined),
        timeseries=timeseries(joined),
        distributions=distributions(joined),
        curves=curves(joined),
        objectives=objectives(joined),
        decomposition=decomposition(joined),
        gallery=gallery(joined),
        resilience=resilience(joined),
        recovery=recoveries(joined),
        reconnects=reconnects(joined),
        arms=arms(joined),
        deliveries=deliveries(joined),
        plan=dump(run.plan),
    )
    summary.verdict = _verdict(summary, verdict_state(info, validity, checks), validity, checks)
    return summary


def exit_code(summary: Summary) -> int:
    """0 pass, 1 a check failed, 2 measurement invalid, 3 inconclusive, 4 interrupted by its user."""
    return exit_code_of(summary.run, summary.verdict.state)


def _verdict(summary: Summary, state: State, validity: Validity, checks: list[CheckResult]) -> Verdict:
    return Verdict(
        state=state,
        exit_code=exit_code_of(summary.run, state),
        reasons=reasons(summary.run, validity, checks),
        sentences=sentences(summary, state),
    )


def _info(run: RunData) -> RunInfo:
    facts = run.facts
    return RunInfo(
        id=facts.id,
        name=facts.name,
        description=run.plan.description,
        started_utc=facts.started_utc,
        duration_s=(facts.ended_ns - facts.started_ns) / 1e9,
        seed=facts.seed,
        command=facts.command,
        argv=facts.argv,
        plan_sha256=run.plan_sha256 or hashlib.sha256(dump(run.plan).encode()).hexdigest(),
        git=facts.git,
        interrupted=facts.interrupted,
        died=facts.died,
        notes=[*facts.notes, *_unplayed(run), *_sampled(run)],
    )


def _unplayed(run: RunData) -> list[str]:
    played = phase_spans(run)
    return [f"phase {p.name} did not take place" for p in run.plan.phases if p.name not in played]


def _sampled(run: RunData) -> list[str]:
    if run.sample_share == 1.0:
        return []
    looked_into = int(run.streams["sampled"].sum())
    return [
        f"gaps, stalls and the times of single tokens come from {looked_into:,} of {len(run.streams):,} "
        f"attempts ({100 * run.sample_share:.2g} %, drawn by stream id); all else is of every attempt"
    ]


def _streams(joined: Joined) -> dict[str, Any]:
    """The whole run, warm-up included: nothing that was wanted is left out of this count."""
    every = np.ones(len(joined.attempts), dtype=bool)
    return {
        "intended": int(np.count_nonzero(joined.last)),
        "attempts": len(joined.attempts),
        "outcomes": counts(joined, every),
        "details": counts(joined, every, "detail"),
    }
