"""Each planned fault: whom it hit, how they saw it end, and what it cost."""

import re

import numpy as np

from harness.metrics import samples_of
from harness.metrics.join import Joined
from harness.metrics.outcomes import counts
from harness.metrics.percentiles import as_number
from harness.metrics.samples import Bools
from harness.metrics.waste import aborts, wasted_of
from harness.summary import FaultRow

_ID = re.compile("[@:]")


def fault_id(played: str) -> str:
    """`s1` of `s1@40`, `h1` of `h1:500`."""
    return _ID.split(played, maxsplit=1)[0]


def hit_by(joined: Joined) -> dict[str, Bools]:
    """Label of a fault -> one flag an attempt. Only faults that hit somebody."""
    attempts = joined.attempts
    labels: dict[str, Bools] = {}
    for how in sorted({how for how in attempts["hit_cut"] if how}):
        label = "network path unknown" if how == "unknown" else f"network cut {how}"
        labels[label] = (attempts["hit_cut"] == how).to_numpy(dtype=bool)
    labels["network outage"] = attempts["hit_outage"].to_numpy(dtype=bool)
    labels["network refuse"] = attempts["hit_refuse"].to_numpy(dtype=bool)
    played = attempts["hit_provider"].map(fault_id)
    for fault in sorted({fault for fault in played if fault}):
        labels[f"provider {fault}"] = (played == fault).to_numpy(dtype=bool)
    labels["provider quota"] = attempts["hit_quota"].to_numpy(dtype=bool) & (played == "").to_numpy(
        dtype=bool
    )
    labels["user leaves"] = joined.is_outcome("cancelled")
    return {label: flags for label, flags in labels.items() if flags.any()}


def unhit(joined: Joined) -> Bools:
    """Attempts that no planned fault touched; a sealed outage counts as a fault here."""
    attempts = joined.attempts
    hit = attempts["hit_outage"] | attempts["hit_refuse"] | attempts["hit_quota"]
    hit |= (attempts["hit_cut"] != "") | (attempts["hit_provider"] != "")
    flags: Bools = ~hit.to_numpy(dtype=bool)
    return flags


def fault_rows(joined: Joined) -> list[FaultRow]:
    """One row a phase and fault, in the order of the plan."""
    labels = hit_by(joined)
    return [
        _row(joined, phase.name, label, flags & joined.of_phase(phase.name))
        for phase in joined.run.plan.phases
        for label, flags in labels.items()
        if (flags & joined.of_phase(phase.name)).any()
    ]


def _row(joined: Joined, phase: str, label: str, hit: Bools) -> FaultRow:
    found = aborts(joined)
    # Where the provider never noticed, it went on at least until its own end.
    heard = np.where(np.isfinite(found.delay_ms), found.delay_ms, found.went_on_ms)
    went_on = heard[hit[found.rows]]
    went_on = went_on[np.isfinite(went_on)]
    silences = samples_of(joined, "max_gap").of(hit).values
    return FaultRow(
        phase=phase,
        fault=label,
        hit=int(np.count_nonzero(hit)),
        outcomes=counts(joined, hit),
        wasted_tokens=wasted_of(joined, hit),
        abort_ms_p50=_number(np.median(went_on)) if len(went_on) else None,
        abort_ms_max=_number(went_on.max()) if len(went_on) else None,
        longest_gap_ms=_number(silences.max()) if len(silences) else None,
    )


def _number(value: float) -> float | None:
    number = as_number(float(value))
    return None if number == "inf" else number
