"""What the checks found -> scores and one verdict. Pure."""

from collections.abc import Sequence

import msgspec

from harness.checks.audit.check import Check, Finding
from harness.scorecard import GROUPS, AuditInfo, GroupScore, Promise, Scorecard
from harness.summary import State
from harness.verdict import INTERRUPTED

_CODES: dict[State, int] = {"PASS": 0, "FAIL": 1, "INVALID": 2, "INCONCLUSIVE": 3, "NOT MEASURED": 3}
_NAMED = 3


class Found(msgspec.Struct, frozen=True):
    """One check and what came of it."""

    check: Check
    finding: Finding
    duration_s: float = 0.0


def scorecard(info: AuditInfo, found: Sequence[Found]) -> Scorecard:
    """The whole card. A group's score is the weighted share of promises kept among those judged."""
    promises = sorted((_promise(each) for each in found), key=lambda p: (GROUPS.index(p.group), p.id))
    state = _verdict(promises, info.interrupted)
    return Scorecard(
        audit=info,
        state=state,
        exit_code=INTERRUPTED if info.interrupted else _CODES[state],
        score=_score(promises),
        headline=_headline(promises, info, state),
        groups=[
            _group(name, mine, info.interrupted)
            for name in GROUPS
            if (mine := [p for p in promises if p.group == name])
        ],
        promises=promises,
    )


def _promise(found: Found) -> Promise:
    check, finding = found.check, found.finding
    broken = finding.state == "FAIL"
    return Promise(
        id=check.id,
        group=check.group,
        promise=check.promise,
        how=check.how,
        state=finding.state,
        evidence=finding.evidence,
        fix=(finding.fix or check.fix) if broken else finding.fix,
        doc=check.doc,
        value=finding.value,
        limit=finding.limit,
        unit=finding.unit,
        weight=check.weight,
        streams=finding.streams,
        duration_s=round(found.duration_s, 3),
    )


def _group(name: str, promises: Sequence[Promise], interrupted: bool) -> GroupScore:
    count = {state: sum(p.state == state for p in promises) for state in _CODES}
    return GroupScore(
        group=name,
        score=_score(promises),
        state=_verdict(promises, interrupted and bool(count["NOT MEASURED"])),
        passed=count["PASS"],
        failed=count["FAIL"],
        inconclusive=count["INCONCLUSIVE"],
        invalid=count["INVALID"],
        not_measured=count["NOT MEASURED"],
    )


def _score(promises: Sequence[Promise]) -> int | None:
    """0 to 100. 100 only where nothing was broken, 0 only where nothing was kept."""
    judged = [p for p in promises if p.state in ("PASS", "FAIL")]
    weight = sum(p.weight for p in judged)
    if not weight:
        return None
    kept = sum(p.weight for p in judged if p.state == "PASS")
    if kept in (0, weight):
        return 100 if kept else 0
    return min(99, max(1, round(100 * kept / weight)))


def _verdict(promises: Sequence[Promise], interrupted: bool) -> State:
    """INVALID before FAIL before INCONCLUSIVE before PASS; what could not be measured does not count."""
    states = {p.state for p in promises}
    if "INVALID" in states:
        return "INVALID"
    if "FAIL" in states:
        return "FAIL"
    # Half an audit can find a broken promise; it cannot show that none is.
    if interrupted or "INCONCLUSIVE" in states:
        return "INCONCLUSIVE"
    return "PASS" if "PASS" in states else "NOT MEASURED"


def _headline(promises: Sequence[Promise], info: AuditInfo, state: State) -> str:
    failed = [p.id for p in promises if p.state == "FAIL"]
    judged = [p for p in promises if p.state in ("PASS", "FAIL")]
    if info.interrupted:
        return (
            f"Interrupted after {info.duration_s:.0f} s: {len(judged)} of {len(promises)} promises were "
            f"judged, {len(failed)} of them broken."
        )
    broken = [p.id for p in promises if p.state == "INVALID"]
    match state:
        case "PASS":
            return f"The system keeps all {len(judged)} promises that could be judged."
        case "FAIL":
            return f"The system breaks {len(failed)} of {len(judged)} promises: {_some(failed)}."
        case "INVALID":
            kept = f"{len(judged) - len(failed)} promises were kept and {len(failed)} broken"
            return f"{kept}, but the audit cannot vouch for what {_some(broken)} measured."
        case "INCONCLUSIVE":
            open_ones = [p.id for p in promises if p.state == "INCONCLUSIVE"]
            return f"No promise was seen broken, but there is too little evidence for {_some(open_ones)}."
        case _:
            return "Nothing could be measured: the target file offers nothing that these checks need."


def _some(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + rest
