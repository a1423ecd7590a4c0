"""The whole examination: the machine, the search for its limits, and what is kept of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from harness import calibration
from harness.doctor import search
from harness.doctor.climb import TOKENS_S, Climber
from harness.doctor.diagnosis import Capacity, Diagnosis
from harness.doctor.findings import findings
from harness.doctor.machine import facts
from harness.doctor.reading import Reading
from harness.doctor.search import Bracket, bracket
from harness.doctor.text import finding_line
from harness.stack.errors import StackError

_STEP_S, _QUICK_STEP_S, _HOLD_S = 4.0, 3.5, 9.0
_HOLDS = 3  # tries to hold a load, each lower than the one before
DISTURBED = 0.1  # share of the machine that others may take while a cap is measured

Tell = Callable[[str], None]


def examine(quick: bool, workers: int, tell: Tell, cache: Path | None = None) -> Diagnosis:
    """Look at the machine, find its limits with one load process and with `workers`, keep the cap.

    `cache` is where the cap is kept, by default the user's cache folder. A machine that FAILs a finding is
    not loaded, and what was measured while others used it is told but not kept. Takes about 20 s when
    `quick`, else a little more than a minute.
    """
    diagnosis = Diagnosis(machine=calibration.fingerprint(), findings=findings(facts()), tokens_s=TOKENS_S)
    for finding in diagnosis.findings:
        tell(finding_line(finding))
    if any(finding.state == "FAIL" for finding in diagnosis.findings):
        diagnosis.why_not = "the machine fails a requirement above"
        return diagnosis
    try:
        alone = _quick(Climber(1, tell)) if quick else _thorough(Climber(1, tell))
        diagnosis.capacity.append(alone)
        if workers > 1 and alone.best is not None:
            diagnosis.capacity.append(_together(Climber(workers, tell), alone.best.streams, quick))
    except StackError as error:
        diagnosis.why_not = str(error)
    if diagnosis.capacity:
        _keep(diagnosis, cache or calibration.cache_file())
    return diagnosis


def _quick(climber: Climber) -> Capacity:
    return _capacity(climber, bracket(climber.climb(search.QUICK, _QUICK_STEP_S)))


def _thorough(climber: Climber) -> Capacity:
    found = bracket(climber.climb(search.COARSE, _STEP_S))
    steps = search.finer(found)
    if steps:
        found = search.merged(found, bracket(climber.climb(steps, _STEP_S)))
    return _capacity(climber, _held(climber, found))


def _held(climber: Climber, found: Bracket) -> Bracket:
    """The best load that can also be held, from the found one downwards."""
    best = found.best
    if best is None:
        return found
    streams, broke = best.streams, found.broke
    for _ in range(_HOLDS):
        [held] = climber.climb([streams], _HOLD_S)
        if not held.broken():
            return Bracket(held, broke)
        streams, broke = search.lower(held), held
    return Bracket(None, broke)


def _together(climber: Climber, streams: int, quick: bool) -> Capacity:
    steps = [round(climber.workers * streams * share) for share in (0.25, 0.5, 0.75, 1.0)]
    return _capacity(climber, bracket(climber.climb(steps, _QUICK_STEP_S if quick else _STEP_S)))


def _capacity(climber: Climber, found: Bracket) -> Capacity:
    return Capacity(
        workers=climber.workers,
        best=found.best,
        broke=found.broke,
        broke_first=[limit.id for limit in found.limits],
        tried=climber.tried,
        others_cpu=round(climber.others_cpu, 3),
    )


def _keep(diagnosis: Diagnosis, path: Path) -> None:
    """Keep what one load process managed, if that says something about the machine."""
    alone = diagnosis.capacity[0]
    if alone.best is None:
        return
    if alone.others_cpu > DISTURBED:
        diagnosis.why_not_kept = (
            f"other processes took {alone.others_cpu:.0%} of the machine meanwhile; end them and ask again"
        )
        return
    try:
        calibration.save(_calibration(diagnosis, alone, alone.best), path)
    except OSError as error:
        diagnosis.why_not_kept = f"{path} cannot be written: {error.strerror}"
        return
    diagnosis.kept_in = str(path)


def _calibration(diagnosis: Diagnosis, alone: Capacity, best: Reading) -> calibration.Calibration:
    return calibration.Calibration(
        machine=diagnosis.machine,
        measured_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        events_cap=best.events_s,
        at_least=alone.broke is None,
        streams=best.streams,
        tokens_s=diagnosis.tokens_s,
        stamp_error_p99_ms=best.stamp_error_p99_ms,
        broke_first=next(iter(alone.broke_first), ""),
    )
