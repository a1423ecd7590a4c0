"""`audit.json`, schema `streamproof.audit/1`: what an audit found, and nothing that a report must compute.

`harness.audit.scorecard` makes it, `reports/` render it. The schema only grows within /1: readers skip
unknown keys and no meaning or unit changes.
"""

import msgspec

from harness.summary import Number, State

SCHEMA = "streamproof.audit/1"
GROUPS = ("latency", "integrity", "cancellation", "errors", "limits", "observability")  # in order of display


class AuditInfo(msgspec.Struct, kw_only=True):
    """What was audited, how, and when."""

    id: str  # also the name of the output folder
    started_utc: str  # ISO 8601
    duration_s: float
    target: str  # its URL
    dialect: str
    provider: str = ""  # URL of the mock behind it; empty: only what users see was judged
    target_file: str = ""  # empty: the built-in target, or a bare URL
    defects: list[str] = []  # that the reference gateway was asked to have
    command: str = ""  # what repeats the audit
    argv: list[str] = []
    version: str = ""  # of streamproof
    interrupted: bool = False
    thorough: bool = False
    direct_hold_ms: float | None = (
        None  # the generator's own floor: worst of a control run without the system
    )
    own_lag_ms: float | None = None  # how late our own reads were at worst
    notes: list[str] = []  # what the reader must know, a sentence each


class Promise(msgspec.Struct, kw_only=True):
    """One check and what it says. `evidence` is a sentence with the numbers, `reason` why there are none."""

    id: str
    group: str
    promise: str
    how: str
    state: State
    evidence: str
    fix: str = ""  # what to do; only where the promise was broken
    doc: str = ""  # page within docs/, with its anchor
    value: Number = None
    limit: Number = None
    unit: str = ""
    weight: int = 1
    streams: list[int] = []  # ids whose ledger rows and log lines show it
    duration_s: float = 0.0


class GroupScore(msgspec.Struct, kw_only=True):
    """How much of a group's promises was kept: by weight, of those that could be judged."""

    group: str
    score: int | None  # 0 to 100; None: nothing could be judged
    state: State
    passed: int = 0
    failed: int = 0
    inconclusive: int = 0
    invalid: int = 0  # above 0 the score is not to be relied on
    not_measured: int = 0

    @property
    def reliable(self) -> bool:
        return not self.invalid


class Scorecard(msgspec.Struct, kw_only=True):
    """The whole of an audit."""

    schema: str = SCHEMA
    audit: AuditInfo
    state: State
    exit_code: int
    score: int | None  # over all groups, by weight; None: nothing could be judged
    headline: str  # one sentence
    groups: list[GroupScore] = []  # those that have a check, in the order of GROUPS
    promises: list[Promise] = []  # in the order of the groups, then by id


def decode(data: bytes) -> Scorecard:
    """Read `audit.json` back. Raises msgspec.ValidationError, also for another schema."""
    card = msgspec.json.decode(data, type=Scorecard)
    if card.schema != SCHEMA:
        raise msgspec.ValidationError(f"the schema is {card.schema!r}, this reads {SCHEMA}")
    return card


def encode(card: Scorecard) -> bytes:
    """The bytes of `audit.json`, indented for people."""
    return msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n"
