"""What a check is shown: one phase of a joined run."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness.metrics.faults import unhit
from harness.metrics.join import Joined
from harness.metrics.samples import Bools
from harness.plan.phases import Phase
from harness.plan.target import Expect
from harness.summary import CheckResult

SHOWN = 10  # streams named by a failing check


@dataclass(frozen=True)
class PhaseView:
    """The attempts of `phase` are flagged in `mine`, one flag a row of `joined.attempts`."""

    joined: Joined
    phase: Phase

    @cached_property
    def mine(self) -> Bools:
        return self.joined.of_phase(self.phase.name)

    @cached_property
    def unhit(self) -> Bools:
        """Attempts of the phase that no planned fault touched."""
        return self.mine & unhit(self.joined)

    @property
    def expect(self) -> Expect:
        return self.joined.run.plan.target.expect

    def flag(self, column: str) -> Bools:
        """A boolean column of the attempts."""
        flags: Bools = self.joined.attempts[column].to_numpy(dtype=bool)
        return flags

    def shown(self, broken: Bools) -> list[int]:
        """Some of the streams for which `broken`."""
        return [int(stream) for stream in self.joined.attempts["stream"][broken].unique()[:SHOWN]]

    def finding(self, id: str, promise: str, wrong: Bools, evidence: str, fix: str) -> CheckResult:
        """PASS, or FAIL with the attempts for which `wrong` and the `fix`."""
        failed = bool(wrong.any())
        return CheckResult(
            id=id,
            phase=self.phase.name,
            state="FAIL" if failed else "PASS",
            promise=promise,
            evidence=evidence,
            value=count(wrong),
            limit=0,
            unit="streams",
            fix=fix if failed else "",
            streams=self.shown(wrong),
        )

    def not_measured(self, id: str, promise: str) -> CheckResult:
        """The answer of a check that needs the provider's ledger where there is none."""
        return CheckResult(
            id=id,
            phase=self.phase.name,
            state="NOT MEASURED",
            promise=promise,
            evidence="No mock provider stood behind the system, so its side of the streams is unknown.",
            fix="Point the system's provider setting at `streamproof mock`, or run its own stack.",
        )


def all_views(joined: Joined) -> list[PhaseView]:
    """One view for every phase that began and is no warm-up."""
    return [
        PhaseView(joined, phase)
        for phase in joined.run.plan.phases
        if phase.kind != "warm_up" and phase.name in joined.spans
    ]


def count(flags: Bools) -> int:
    return int(np.count_nonzero(flags))


def of(part: int, whole: int, noun: str = "streams") -> str:
    """`3 of 120 streams`."""
    return f"{part:,} of {whole:,} {noun}"


def listed(counts: dict[str, int]) -> str:
    """`2 reset, 1 truncated`."""
    return ", ".join(f"{number:,} {name}" for name, number in counts.items())
