"""An examination in lines for people. Pure."""

from harness.doctor.diagnosis import Capacity, Diagnosis
from harness.doctor.findings import Finding
from harness.doctor.reading import Reading

_WELL_WITHIN = 0.8  # of the cap; beyond it a run's validity is SUSPECT


def finding_line(finding: Finding) -> str:
    """State, name, number, limit and, where there is one, the fix."""
    line = f"{finding.state:<8} {finding.id:<16} {finding.number}  ({finding.limit})"
    return f"{line}\n{'':<25} fix: {finding.fix}" if finding.fix else line


def reading_line(reading: Reading) -> str:
    """One step in a line."""
    broken = ", ".join(limit.id for limit in reading.broken()) or "within all limits"
    return (
        f"{reading.streams:>6} streams {reading.events_s:>9,.0f} events/s  TTFT error p99 "
        f"{reading.known_answer_p99_ms:.2f} ms  stamp p99 {reading.stamp_error_p99_ms:.3f} ms  "
        f"cpu {reading.cpu:.0%}  {broken}"
    )


def conclusion(capacity: Capacity, tokens_s: float) -> str:
    """The figure: how many streams, how fast, how right, and what ended it."""
    who = "per process" if capacity.workers == 1 else f"with {capacity.workers} load processes"
    best, broke = capacity.best, capacity.broke
    why = "no limit broke; the machine may do more"
    if broke is not None:
        first = next(iter(broke.broken()))
        found = f"{first.id} {getattr(broke, first.id):g} {first.unit}, at most {first.most:g}"
        why = f"at {broke.streams} streams the first limit broke, {found}: {first.meaning}"
    if best is None:
        return f"not even the smallest load was measured right {who}; {why}"
    return (
        f"{best.streams} streams x {tokens_s:g} tok/s {who} with p99 stamp error "
        f"{best.stamp_error_p99_ms:g} ms ({best.events_s:,.0f} events/s, TTFT error p99 "
        f"{best.known_answer_p99_ms:g} ms over {best.ttft_n} streams); {why}"
    )


def closing_lines(diagnosis: Diagnosis) -> list[str]:
    """What the examination comes to."""
    lines = [""] + [conclusion(capacity, diagnosis.tokens_s) for capacity in diagnosis.capacity]
    if diagnosis.why_not:
        lines.append(f"the known-answer test could not be made: {diagnosis.why_not}")
    if diagnosis.kept_in:
        cap = diagnosis.capacity[0].events_s
        lines.append(
            f"runs on this machine now hold {cap:,.0f} events/s of one load process for its limit, and are "
            f"VALID up to {_WELL_WITHIN * cap:,.0f} (kept in {diagnosis.kept_in})"
        )
    if diagnosis.why_not_kept:
        lines.append(f"not kept for runs on this machine: {diagnosis.why_not_kept}")
    return lines
