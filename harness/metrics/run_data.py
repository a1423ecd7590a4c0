"""A finished run as the judging half receives it: plan, tables, timeline and the runner's own facts."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
import pandas as pd

from harness.plan.plan import Plan
from harness.record import TimelineEntry


class RunFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What only the runner knows about a run; `run.json` of the run folder."""

    id: str
    name: str
    started_utc: str  # ISO 8601
    started_ns: int
    wall_minus_clock_ns: int | None = None  # turns its instants into the time of day; older runs lack it
    ended_ns: int
    seed: int
    command: str  # what repeats the run
    argv: list[str] = []
    git: str = ""
    interrupted: bool = False  # by its user, or by the death of one of its parts
    died: list[str] = []  # the parts that died, in words
    notes: list[str] = []
    damaged: int = 0  # lines of the parts that could not be read back
    rows_expected: dict[str, int] = {}  # load process -> stream records that it says it wrote
    env: dict[str, Any] = {}  # the machine, for the report


@dataclass(frozen=True)
class RunData:
    """Tables have the columns of `harness.record`; instants are ns of `harness.clock`."""

    plan: Plan
    facts: RunFacts
    streams: pd.DataFrame
    ledger: pd.DataFrame
    host: pd.DataFrame
    timeline: list[TimelineEntry] = field(default_factory=list)
    plan_sha256: str = ""
    # Share of the streams whose arrays were read; the others have empty ones and are not marked `sampled`.
    sample_share: float = 1.0

    @property
    def origin_ns(self) -> int:
        """Second 0 of every chart: the start of the load, or of the run where the load never started."""
        starts = [entry.t_ns for entry in self.timeline if (entry.kind, entry.what) == ("run", "load_start")]
        return starts[0] if starts else self.facts.started_ns
