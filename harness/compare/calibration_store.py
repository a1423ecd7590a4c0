"""A/A comparisons and controls of this machine, one JSON line each: `calibration.jsonl` beside the runs."""

import platform
from pathlib import Path
from typing import Literal

import msgspec

from harness.compare.calibration import KEPT, clopper_pearson, control_missed, disabled
from harness.summary import State

FILE = "calibration.jsonl"


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison whose truth is known."""

    kind: Literal["a/a", "+10 %"]
    state: State
    run: str
    machine: str
    gate: str = ""  # which failed, for the reader


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the trials of a machine say so far."""

    comparisons: int
    false_alarms: int
    rate_low: float
    rate_high: float
    controls: int
    found: int
    disabled: bool
    control_missed: bool


def machine() -> str:
    """Trials of another machine say nothing of this one."""
    return f"{platform.node()} {platform.machine()} {platform.release()}"


def add(out: Path, trial: Trial) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with (out / FILE).open("ab") as file:
        file.write(msgspec.json.encode(trial) + b"\n")


def read(out: Path) -> list[Trial]:
    """The trials of this machine, the newest 200 of each kind; what cannot be read is skipped."""
    path = out / FILE
    found: list[Trial] = []
    for line in path.read_bytes().splitlines() if path.is_file() else []:
        try:
            found.append(msgspec.json.decode(line, type=Trial))
        except msgspec.DecodeError:
            continue
    mine = [trial for trial in found if trial.machine == machine()]
    kinds = ([t for t in mine if t.kind == kind][-KEPT:] for kind in ("a/a", "+10 %"))
    return [trial for kind in kinds for trial in kind]


def standing(trials: list[Trial]) -> Standing:
    """Trials without a verdict (INVALID) count for neither side."""
    same = [t for t in trials if t.kind == "a/a" and t.state != "INVALID"]
    controls = [t for t in trials if t.kind != "a/a" and t.state != "INVALID"]
    alarms = sum(t.state == "FAIL" for t in same)
    found = sum(t.state == "FAIL" for t in controls)
    low, high = clopper_pearson(alarms, len(same)) if same else (0.0, 1.0)
    return Standing(
        comparisons=len(same),
        false_alarms=alarms,
        rate_low=low,
        rate_high=high,
        controls=len(controls),
        found=found,
        disabled=disabled(alarms, len(same)),
        control_missed=control_missed(found, len(controls)),
    )


def gate_is_disabled(out: Path) -> str:
    """Why no comparison on this machine counts at the moment; empty where they do."""
    seen = standing(read(out))
    if seen.disabled:
        return (
            f"{seen.false_alarms} of {seen.comparisons} A/A comparisons on this machine failed, surely more "
            f"than 1 %; find what disturbs it, then remove {out / FILE} and calibrate again"
        )
    return ""
