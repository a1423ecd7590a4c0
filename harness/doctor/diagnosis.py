"""What an examination found; `streamproof doctor --json` prints it."""

import msgspec

from harness.calibration import SCHEMA
from harness.doctor.findings import Finding
from harness.doctor.reading import Reading


class Capacity(msgspec.Struct, kw_only=True):
    """The most that was measured right by so many load processes together."""

    workers: int
    best: Reading | None  # None: not even the smallest load
    broke: Reading | None  # the next load, at which a limit broke; None: none did
    broke_first: list[str]  # ids of its limits
    tried: list[Reading]
    others_cpu: float = 0.0  # share of the machine that other processes took meanwhile

    @property
    def events_s(self) -> float:
        """Token events a second of the best reading."""
        return self.best.events_s if self.best is not None else 0.0


class Diagnosis(msgspec.Struct, kw_only=True):
    """The machine, and what it can measure with one load process and, where asked, with several."""

    schema: str = SCHEMA
    machine: dict[str, str]
    findings: list[Finding]
    tokens_s: float  # of each stream
    capacity: list[Capacity] = []
    why_not: str = ""  # the known-answer test could not be made
    kept_in: str = ""
    why_not_kept: str = ""

    @property
    def exit_code(self) -> int:
        """0: this machine can measure; 2: it cannot."""
        cannot = any(finding.state == "FAIL" for finding in self.findings)
        nothing = not self.capacity or self.capacity[0].best is None
        return 2 if cannot or nothing else 0
