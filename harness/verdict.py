"""Checks and validity -> one state, one exit code, and words for people."""

from collections.abc import Iterable

import msgspec

from harness.summary import CheckResult, Metric, RunInfo, State, Summary, Validity, Verdict

CODES: dict[State, int] = {"PASS": 0, "FAIL": 1, "INVALID": 2, "INCONCLUSIVE": 3, "NOT MEASURED": 3}
INTERRUPTED = 4
_NAMED = 3


def verdict_state(run: RunInfo, validity: Validity, checks: list[CheckResult]) -> State:
    """INVALID before FAIL before INCONCLUSIVE before PASS; what could not be measured does not count."""
    states = {check.state for check in checks}
    if validity.state == "INVALID" or run.died or "INVALID" in states:
        return "INVALID"
    if "FAIL" in states:
        return "FAIL"
    # Half a run can find a fault; it cannot show that there is none.
    if run.interrupted or "INCONCLUSIVE" in states or "PASS" not in states:
        return "INCONCLUSIVE"
    return "PASS"


def exit_code_of(run: RunInfo, state: State) -> int:
    """An interruption by the user outranks all; the death of a part is no interruption but INVALID."""
    return INTERRUPTED if run.interrupted and not run.died else CODES[state]


def restated(
    run: Summary, verdict: Verdict, checks: list[CheckResult], command: str, notes: list[str]
) -> Summary:
    """`run`'s facts and validity under the verdict of something that was built out of runs.

    What a run tells of itself phase by phase is left out: the blocks of a comparison, or the settling of a
    probe, are no phases to a reader.
    """
    return msgspec.structs.replace(
        run,
        run=msgspec.structs.replace(run.run, command=command, notes=[*run.run.notes, *notes]),
        verdict=verdict,
        checks=checks,
        phases=[],
        events=[],
        faults=[],
        metrics={},
        distributions={},
    )


def worst_code(codes: Iterable[int]) -> int:
    """Of several runs: 4 before 2 before 1 before 3 before 0."""
    return min(codes, key=(INTERRUPTED, 2, 1, 3, 0).index)


def reasons(run: RunInfo, validity: Validity, checks: list[CheckResult]) -> list[str]:
    """Failures first, then what makes the numbers doubtful, then what stayed open."""
    found = [f"died: {part}" for part in run.died]
    found += [_trust(check.id, check.note) for check in validity.checks if check.state == "INVALID"]
    found += ["interrupted by its user before the plan was done"] if run.interrupted and not run.died else []
    found += [_line(check) for check in checks if check.state == "FAIL"]
    found += [_line(check) for check in checks if check.state == "INCONCLUSIVE"]
    found += [_trust(check.id, check.note) for check in validity.checks if check.state == "SUSPECT"]
    return found


def _line(check: CheckResult) -> str:
    return f"{check.id} ({check.phase}): {check.evidence}" if check.phase else f"{check.id}: {check.evidence}"


def _trust(id: str, note: str) -> str:
    return f"{id}: {note}" if note else id


def sentences(summary: Summary, state: State) -> list[str]:
    """Three: what came of it, what users saw, and how far to trust it."""
    return [_outcome(summary, state), _users(summary), _trusted(summary)]


def _outcome(summary: Summary, state: State) -> str:
    failed = [check for check in summary.checks if check.state == "FAIL"]
    judged = [check for check in summary.checks if check.state in ("PASS", "FAIL", "INCONCLUSIVE")]
    if summary.run.died:
        return f"The run ended early because a part of it died: {'; '.join(summary.run.died)}."
    if summary.run.interrupted:
        return f"The run was interrupted after {summary.run.duration_s:.0f} s; this is what there is."
    match state:
        case "PASS":
            kept = "the one promise" if len(judged) == 1 else f"all {len(judged)} promises"
            return f"The system kept {kept} that this run could judge."
        case "FAIL":
            of = (
                "the one promise that was judged"
                if len(judged) == 1
                else f"{len(failed)} of {len(judged)} promises"
            )
            return f"The system broke {of}: {_some(failed)}."
        case "INVALID":
            return "This run cannot be used: the harness cannot vouch for its own numbers."
        case _:
            open_ones = sum(check.state == "INCONCLUSIVE" for check in summary.checks)
            return f"No promise was broken, but {open_ones or 'all'} stayed open for want of evidence."


def _some(failed: list[CheckResult]) -> str:
    """The first three by name; the page has them all."""
    names = list(dict.fromkeys(f"{check.id} in {check.phase}" for check in failed))
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + rest


def _users(summary: Summary) -> str:
    intended = summary.streams.get("intended", 0)
    completed = summary.streams.get("outcomes", {}).get("completed", 0)
    if not intended:
        return "No stream was recorded."
    if intended == 1:
        text = f"The one stream gave its user {'a' if completed else 'no'} whole answer"
    else:
        text = f"{completed:,} of {intended:,} streams gave their users a whole answer"
    others = intended - completed
    planned = min(_broken_on_purpose(summary), others)
    if planned:
        text += f"; planned faults broke {_others(planned, others, intended)}"
    first = _first_token(*_headline(summary))
    return f"{text}; {first}." if first else f"{text}."


def _others(planned: int, others: int, intended: int) -> str:
    """How many of the streams that gave no whole answer planned faults broke, in words."""
    if planned == intended:
        return "it" if intended == 1 else f"all {intended:,}"
    rest = "the other one" if others == 1 else f"the {'' if others == intended else 'other '}{others:,}"
    return rest if planned == others else f"{planned:,} of {rest}"


def _broken_on_purpose(summary: Summary) -> int:
    """Attempts that planned faults kept from completing."""
    return sum(n for row in summary.faults for outcome, n in row.outcomes.items() if outcome != "completed")


def _headline(summary: Summary) -> tuple[Metric | None, str]:
    """TTFT of the steady phase with most streams, which planned faults do not drown; else of the run."""
    steady = [p for p in summary.phases if p.span.kind == "steady" and "ttft_user" in p.metrics]
    if steady:
        phase = max(steady, key=lambda phase: phase.metrics["ttft_user"].n)
        return phase.metrics["ttft_user"], f"in phase {phase.span.name}"
    return summary.metrics.get("ttft_user"), "over the whole run"


def _first_token(metric: Metric | None, where: str) -> str:
    """Median and p95 of all streams, those included that never got one; empty below the floors."""
    if metric is None:
        return ""
    half, most = (
        value[0] if (value := metric.all.get(name)) is not None else None for name in ("p50", "p95")
    )
    if half == "inf":
        return f"{where} at least half of all streams never got a first token"
    if half is None:
        return ""
    text = f"{where} the first token came within {half:,.0f} ms for half of all streams"
    if most == "inf":
        return f"{text} and never for more than one in twenty"
    return f"{text} and within {most:,.0f} ms for nineteen in twenty" if most is not None else text


def _trusted(summary: Summary) -> str:
    checks = summary.validity.checks
    doubtful = [check.id for check in checks if check.state != "VALID"]
    if summary.validity.state == "VALID":
        asked = "the one question" if len(checks) == 1 else f"all {len(checks)} questions"
        answered = "was" if len(checks) == 1 else "were"
        return f"The numbers can be trusted: {asked} to the measurement {answered} answered well."
    word = "cannot be trusted" if summary.validity.state == "INVALID" else "are to be taken with care"
    return f"The numbers {word}: {', '.join(doubtful)}."
