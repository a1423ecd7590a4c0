"""A comparison as a summary like any other, so that every report format and exit code serves it. Pure."""

import msgspec

from harness.compare.gates import overall
from harness.summary import CheckResult, Comparison, Gate, RunInfo, State, Summary, Verdict
from harness.verdict import exit_code_of, restated
from reports.numerals import counted


def summarise(run: Summary, comparison: Comparison, command: str) -> Summary:
    """`run`'s facts and validity with the gates as checks."""
    checks = [as_check(gate, comparison) for gate in comparison.gates]
    state = verdict_of(comparison, run.run)
    verdict = Verdict(
        state=state,
        exit_code=exit_code_of(run.run, state),
        reasons=[f"{check.id}: {check.evidence}" for check in checks if check.state != "PASS"],
        sentences=_sentences(comparison, state, run.run),
    )
    told = restated(run, verdict, checks, command, comparison.notes)
    return msgspec.structs.replace(told, compare=comparison)


def verdict_of(comparison: Comparison, run: RunInfo) -> State:
    """Advisory comparisons cannot fail a build; what they saw is in their gates.

    A comparison that was interrupted has not had its pairs: it may have found something, but it has not shown
    that there is nothing.
    """
    state = overall(comparison.gates)
    if run.interrupted and state == "PASS":
        return "INCONCLUSIVE"
    return "INCONCLUSIVE" if comparison.mode == "advisory" and state in ("PASS", "FAIL") else state


def as_check(gate: Gate, comparison: Comparison) -> CheckResult:
    relative = gate.kind == "ratio"
    scale = 100.0
    unit = "%" if relative else "points"
    fix = ""
    if gate.state == "INCONCLUSIVE" and gate.pairs_needed:
        streams = gate.pairs_needed * comparison.streams * 2
        fix = f"Compare again with --pairs {gate.pairs_needed} ({streams:,} streams), fixed beforehand."
    return CheckResult(
        id=f"compare {gate.metric}",
        phase="",
        state=gate.state,
        promise=f"{gate.metric} is not worse than the baseline's by {gate.limit:.3g} or more.",
        evidence=describe(gate),
        value=round(gate.effect * scale, 3) if gate.effect is not None else None,
        limit=round(gate.limit * scale, 3),
        unit=unit,
        fix=fix,
    )


def describe(gate: Gate) -> str:
    """`412 -> 466 ms, +13.1 % (99 % interval +8.4 to +18.0), 20 pairs, smallest change found 5.7 %`."""
    if gate.effect is None:
        needed = f"; {gate.pairs_needed} pairs are needed" if gate.pairs_needed else ""
        return f"{gate.why or 'nothing was measured'}{needed}."
    if gate.unit == "streams":
        return f"{gate.baseline:g} -> {gate.candidate:g} {gate.unit}{', ' + gate.why if gate.why else ''}."
    scale, unit = (100.0, "%") if gate.kind == "ratio" else (100.0, "points")
    parts = []
    if gate.baseline is not None and gate.candidate is not None:
        parts.append(f"{_value(gate.baseline, gate)} -> {_value(gate.candidate, gate)}")
    parts.append(f"{gate.effect * scale:+.1f} {unit}")
    if gate.low is not None and gate.high is not None:
        parts[-1] += f" (99 % interval {gate.low * scale:+.1f} to {gate.high * scale:+.1f})"
    if gate.pairs > 1 and gate.mde is not None:
        parts.append(f"{gate.pairs} pairs")
    if gate.mde is not None:
        parts.append(f"smallest change found nine times in ten {gate.mde * scale:.1f} {unit}")
    if gate.state == "INCONCLUSIVE" and gate.pairs_needed:
        parts.append(f"about {gate.pairs_needed} pairs are needed")
    if gate.why:
        parts.append(gate.why)
    return ", ".join(parts) + "."


def _value(value: float, gate: Gate) -> str:
    return f"{value * 100:.2f} %" if gate.kind == "difference" else f"{value:.4g} {gate.unit}"


def _sentences(comparison: Comparison, state: State, run: RunInfo) -> list[str]:
    names = {s: [g.metric for g in comparison.gates if g.state == s] for s in ("FAIL", "INCONCLUSIVE")}
    match state:
        case "PASS":
            gates = "the one gate" if len(comparison.gates) == 1 else f"all {len(comparison.gates)} gates"
            first = f"The candidate is no worse than the baseline in {gates}."
        case "FAIL":
            first = f"The candidate is worse than the baseline: {', '.join(names['FAIL'])}."
        case "INVALID":
            first = f"The comparison cannot be used: {comparison.gates[0].why}."
        case _ if comparison.mode == "advisory":
            seen = overall(comparison.gates)
            first = f"Advice only, for the runs are not comparable; taken by itself it would be {seen}."
        case _ if run.interrupted:
            first = "The comparison was interrupted before all its pairs were there; nothing worse was found."
        case _:
            first = f"Nothing worse was found, but {', '.join(names['INCONCLUSIVE'])} stayed open."
    blocks = (
        f"{counted(comparison.pairs, 'pair')} of blocks with {counted(comparison.streams, 'stream')} each"
    )
    how = {
        "live": f"{blocks}, {'with' if comparison.shared_seeds else 'without'} shared draws.",
        "offline": "Two stored runs: only what does not depend on the machine's speed on the day is gated.",
        "advisory": "The runs differ in: " + "; ".join(comparison.differences) + ".",
    }
    return [first, how[comparison.mode]]
