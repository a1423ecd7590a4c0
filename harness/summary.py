"""`summary.json`, schema `streamproof.report/1`: everything that a report shows, and nothing else.

`judge.py` makes it, `reports/` render it. The schema only grows within /1: readers skip unknown keys and
no meaning or unit changes. Times are ms unless the name says otherwise, instants are seconds since the
run's start, `null` is "not measurable", and a value that was never reached is the string "inf".
"""

from typing import Any, Literal

import msgspec

SCHEMA = "streamproof.report/1"

State = Literal["PASS", "FAIL", "INCONCLUSIVE", "INVALID", "NOT MEASURED"]
Trust = Literal["VALID", "SUSPECT", "INVALID"]
Bound = Literal["", "at most", "below", "at least"]
Number = float | Literal["inf"] | None
Quantile = tuple[Number, Number, Number]  # value, lower and upper end of its 95 % interval


class RunInfo(msgspec.Struct, kw_only=True):
    id: str
    name: str  # of the plan
    description: str = ""
    started_utc: str  # ISO 8601
    duration_s: float
    seed: int
    command: str  # what repeats the run
    argv: list[str] = []
    plan_sha256: str = ""
    git: str = ""
    interrupted: bool = False  # by its user, or by the death of one of its parts
    died: list[str] = []  # the parts that died, in words
    notes: list[str] = []  # what the reader must know, e.g. a phase that could not run


class TrustCheck(msgspec.Struct, kw_only=True):
    """One question of validity: may these numbers be believed?"""

    id: str
    state: Trust
    stat: str  # e.g. "p99"
    value: Number
    limit: Number
    unit: str
    note: str = ""
    bound: Bound = ""  # which way a VALID value lies of the limit; empty in a summary that did not say it


class Validity(msgspec.Struct, kw_only=True):
    state: Trust
    checks: list[TrustCheck] = []


class Span(msgspec.Struct, kw_only=True):
    """Something shaded in every chart: a phase, or a network event within one."""

    name: str
    kind: str  # of a phase: warm_up, steady, fault, recovery; of an event: outage, cut, refuse, …
    t0_s: float
    t1_s: float
    cohort: str = ""
    params: dict[str, Any] = {}


class Metric(msgspec.Struct, kw_only=True):
    """A quantity over streams. `all` counts a value never reached as infinite; `ok` leaves it out."""

    unit: str
    n: int
    censored: int
    all: dict[str, Quantile | None] = {}  # by p50, p90, p95, p99, p999; null below the sample floor
    ok: dict[str, Quantile | None] = {}
    thin: list[str] = []  # percentiles just above their floor


class PhaseResult(msgspec.Struct, kw_only=True):
    """One phase in numbers."""

    span: Span
    load: str  # in words, e.g. "60 users, closed loop"
    model: str = ""
    scenario: str = ""
    streamed: bool = True  # false: its users asked for the answer in one piece
    network: list[str] = []
    intended: int = 0
    outcomes: dict[str, int] = {}
    metrics: dict[str, Metric] = {}
    tokens_emitted: int | None = None  # by the provider for streams of this phase
    tokens_other: int | None = None  # of these, reasoning and tool calls: not in the text
    tokens_received: int = 0  # of the text
    wasted_tokens: int | None = None
    attempts_per_stream: float | None = None
    goodput_ratio: float | None = None  # streams that succeeded within every objective, of those intended


class CheckResult(msgspec.Struct, kw_only=True):
    """One promise about the system, and what the evidence says of it."""

    id: str
    phase: str  # empty: the whole run
    state: State
    promise: str  # one sentence
    evidence: str  # one sentence with the numbers
    value: Number = None
    limit: Number = None
    unit: str = ""
    fix: str = ""
    streams: list[int] = []  # some of the streams that broke it


class FaultRow(msgspec.Struct, kw_only=True):
    """What one planned fault did, and how it was reported to the users it hit."""

    phase: str
    fault: str  # e.g. "network cut rst", "provider s1", "provider quota"
    hit: int  # attempts
    outcomes: dict[str, int]
    wasted_tokens: int | None = None
    abort_ms_p50: float | None = None  # client's end -> provider noticed
    abort_ms_max: float | None = None
    longest_gap_ms: float | None = None


class TwoSided(msgspec.Struct, kw_only=True):
    """What only a harness with both ends can know."""

    attempts_upstream: int = 0
    attempts_per_stream: float | None = None
    tokens_emitted: int = 0
    tokens_other: int = 0  # of these, reasoning and tool calls: not in the text
    tokens_received: int = 0  # of the text
    wasted_tokens: int = 0
    false_success: int = 0
    integrity: dict[str, int] = {}  # lost, lost_tail, duplicated, reordered, crosstalk, altered
    added_ttft: Metric | None = None
    token_delay: Metric | None = None
    upstream_abort: Metric | None = None
    coalesce_ratio: float | None = None
    provider_statuses: dict[str, int] = {}
    provider_faults: dict[str, int] = {}


class GapHeat(msgspec.Struct, kw_only=True):
    """How many gaps of each length ended when: a column of time for each inner list of `counts`."""

    bin_s: int  # length of a column; the first begins at second 0
    edges_ms: list[float]  # of the rows, ascending, one more than there are rows
    counts: list[list[int]]  # by column, then by row; shorter gaps are in the first row, longer in the last


class Curve(msgspec.Struct, kw_only=True):
    """Percentiles of the series `all` by nines, as far as the sample floor lets them be told."""

    n: int
    censored: int
    p: list[float] = []
    value: list[Number] = []
    low: list[Number] = []  # 95 % interval of each value
    high: list[Number] = []


class Objective(msgspec.Struct, kw_only=True):
    """A limit that the plan sets to a percentile, to be drawn as a line."""

    phase: str
    metric: str
    percent: float
    limit: float
    text: str


class Decomposition(msgspec.Struct, kw_only=True):
    """Where the time to first token went, for one group of the streams of one phase.

    Parts and owners are means over the group in ms; each adds up to `ttft_ms`, its mean TTFT.
    """

    phase: str
    group: str  # "typical": the middle tenth by TTFT; "slow": the slowest twentieth
    n: int
    ttft_ms: float
    parts: dict[str, float]  # by clock point, in the order of time
    owners: dict[str, float] = {}  # earlier_attempts and those of whom it was; empty without a ledger


class GalleryStream(msgspec.Struct, kw_only=True):
    """One stream drawn on its own. Times are ms since the schedule wanted it."""

    stream: int
    why: str  # worst, median, random
    phase: str
    cohort: str
    outcome: str
    detail: str
    intended_s: float  # since the run's start
    silence_ms: float  # the longest that the user waited for anything, the first token included
    tokens: int
    sent_ms: list[float | None]  # of each attempt
    ended_ms: list[float | None]
    outcomes: list[str]
    first_content_ms: float | None
    # Neighbouring gaps of one class as one piece: start, end, class by `harness.metrics.gallery.CLASSES_MS`.
    flow: list[tuple[float, float, int]] = []
    curve: list[tuple[float, int]] = []  # when, tokens received by then; at most 48 points


class Resilience(msgspec.Struct, kw_only=True):
    """How one phase was survived. What the ledger would have to tell is null without one."""

    phase: str
    kind: str
    streams: int
    completed: int
    outcomes: dict[str, int]
    false_success: int | None = None
    lost: int = 0
    duplicated: int = 0
    attempts_per_stream: float | None = None
    detect_ms_p50: float | None = None  # damage begins -> the user's attempt has ended for it
    detect_ms_max: float | None = None
    recover_ms_p50: float | None = None  # path restored -> next content of a stream that lived through it
    recover_ms_max: float | None = None
    never_recovered: int = 0  # lived to the end of the damage, got nothing more
    abort_ms_p50: float | None = None  # user left -> provider noticed
    abort_ms_max: float | None = None
    wasted_tokens: int | None = None


class Spread(msgspec.Struct, kw_only=True):
    """Times to something, ms, by Kaplan-Meier: what had not happened counts as watched for so long."""

    n: int
    censored: int  # of them, it had not happened
    cohorts: int  # users of one share their fate
    p50: float | None = None
    p90: float | None = None
    p99: float | None = None
    low: float | None = None  # 95 % interval of p50, whole cohorts drawn again; null with one cohort
    high: float | None = None


class Recovery(msgspec.Struct, kw_only=True):
    """What one kind of network fault broke in one phase, and how its users came back."""

    phase: str
    fault: str
    broken: int  # attempts
    streams: int
    detect: Spread | None = None  # fault applied -> the user's attempt was over
    notice: Spread | None = None  # fault applied -> the provider knew
    zombie_s: float | None = None  # generated with nobody listening, all together
    recover_user: Spread | None = None  # fault applied -> first new content of a later attempt
    recover_system: Spread | None = None  # path restored -> the same
    asked_again: int = 0  # attempts that another one followed
    recovered: int = 0  # and that got new content
    gave_up: int = 0  # that none followed
    tokens_lost: int | None = None  # written for answers that nobody went on with, and got by nobody
    tokens_duplicated: int = 0  # in the attempts that went on
    tokens_unrecovered: int = 0  # holes in what they brought
    wasted_tokens: int | None = None
    regenerated_tokens: int = 0  # thrown away by users who began again
    cost: float | None = None  # of both, by the plan's price
    silent_truncations: int = 0  # a clean end without the end marker; must be 0


class Reconnects(msgspec.Struct, kw_only=True):
    """How the users of one phase asked again."""

    phase: str
    streams: int
    retried: int  # streams
    recovered: int  # of them, completed
    attempts_per_recovery: float | None = None
    gave_up: int = 0
    resumed: int = 0  # attempts that went on with an answer
    retries_per_stream: float = 0.0
    herd_peak: float | None = None  # most requests in one second over the phase's mean
    herd_peak_per_s: int = 0
    retry_after_told: int = 0  # attempts after one that had said Retry-After
    retry_after_obeyed: int = 0  # of them, not earlier than it said


class Arm(msgspec.Struct, kw_only=True):
    """One of several phases with the same users on different networks."""

    phase: str
    kind: str  # direct, idle, journey
    against: str  # the idle phase from which differences count
    values: dict[str, float] = {}  # ms for times
    differences: dict[str, float] = {}  # own value - that of `against`


class Delivery(msgspec.Struct, kw_only=True):
    """How one phase's answers were given, streamed or in one piece, what that cost and what it gave.

    `values`: medians first_ms, last_ms and read_ms from when the stream was wanted to the first token, the
    last, and the end of reading, and waited_ms, of that without anything to read; means of an answer tokens,
    bytes_per_token, open_s (its connection held) and generator_cpu_ms, system_cpu_ms, provider_cpu_ms;
    open_at_once; bytes_per_token_if_repeated, had an event for every token said the whole text so far.
    """

    phase: str
    streamed: bool
    against: str = ""  # the streamed phase with the same work
    answers: int = 0  # whole ones
    values: dict[str, float] = {}  # what cannot be told is left out
    ratios: dict[str, float] = {}  # own value / that of `against`


class TimeSeries(msgspec.Struct, kw_only=True):
    """One-second bins from the run's start; every list has the length of `t_s`."""

    t_s: list[float] = []
    intended: list[int] = []
    started: list[int] = []
    in_flight: list[float] = []  # time-weighted mean, client side
    waiting: list[float] = []  # of these, before the first content
    provider_in_flight: list[float] | None = None
    ttft_p50: list[float | None] = []  # of the streams that got their first content in the bin
    ttft_p95: list[float | None] = []
    tokens_delivered: list[int] = []
    tokens_emitted: list[int] | None = None
    stalled: list[float] = []  # streams in a gap of more than 1 s
    outcomes: dict[str, list[int]] = {}  # by the second of their end
    loop_lag_ms: list[float | None] = []
    dropped: list[int] = []  # wanted in the bin and never begun
    cpu: list[float | None] = []  # of the busiest load process, share of one core
    gc_ms: list[float | None] = []  # longest collection of any load process
    gaps: GapHeat | None = None


class Gate(msgspec.Struct, kw_only=True):
    """One gated metric of a comparison. `effect` is relative for ratios, absolute for shares."""

    metric: str  # e.g. "ttft_user p95"
    unit: str
    kind: Literal["ratio", "difference"]
    baseline: float | None = None
    candidate: float | None = None
    effect: float | None = None
    low: float | None = None  # 99 % interval of the effect
    high: float | None = None
    p: float = 1.0
    p_adjusted: float = 1.0  # Holm, over all gates
    least: float  # effects up to here never fail
    limit: float  # what PASS excludes
    mde: float | None = None  # least effect found in nine of ten comparisons
    pairs: int = 0
    pairs_needed: int | None = None  # of an inconclusive gate
    state: State
    why: str = ""


class ComparisonLook(msgspec.Struct, kw_only=True):
    """One of the two judgements of a comparison that may be extended."""

    run: str  # whose pairs came in with it
    pairs: int  # judged, those of the look before included
    alpha: float  # what this look may err
    state: State
    gates: dict[str, State] = {}


class Comparison(msgspec.Struct, kw_only=True):
    """A baseline against a candidate."""

    mode: Literal["live", "offline", "advisory"]
    design: str  # e.g. "paired blocks", "two stored runs"
    baseline: str
    candidate: str
    order: str = ""
    pairs: int = 0
    streams: int = 0  # measured ones of a block
    shared_seeds: bool = False
    null: str = "zero"
    alpha: float = 0.01
    gates: list[Gate] = []
    looks: list[ComparisonLook] = []  # of a comparison that may be extended once, as was declared beforehand
    differences: list[str] = []  # why two runs are not comparable, or what else differs
    notes: list[str] = []
    blocks: list[dict[str, Any]] = []  # pair, arm, place in the order, quantiles by gate


class CapacityStep(msgspec.Struct, kw_only=True):
    """One probe of a capacity search."""

    load: float
    decision: str  # PASS, FAIL, UNDECIDED, INVALID
    direction: Literal["up", "down"] = "up"
    looks: int = 1
    streams: int = 0
    over: dict[str, int] = {}  # by objective: streams beyond it
    in_flight: float | None = None
    provider_in_flight: float | None = None
    throughput: float | None = None  # streams completed a second
    goodput_ratio: float | None = None
    ttft_p50_ms: float | None = None
    ttft_p95_ms: float | None = None
    added_ttft_p50_ms: float | None = None
    provider_ttft_p50_ms: float | None = None
    littles_residual: float | None = None
    saturated: bool = False
    limited_by: str = ""  # generator, mock, provider quota, provider, system; empty: nothing
    why: str = ""
    run: str = ""


class Capacity(msgspec.Struct, kw_only=True):
    """The most load that the objectives allow, between `low` and `high`: a bracket of decisions."""

    unit: Literal["streams/s", "users"]
    model: Literal["open", "closed"]
    objectives: list[str]
    low: float | None = None  # the highest load that passed
    high: float | None = None  # the lowest that did not
    answer: float | None = None  # their middle, to be read as +-10 %
    ended: str = ""
    limited_by: str = ""
    hysteresis: bool | None = None  # whether the way down differed from the way up
    sentence: str = ""
    steps: list[CapacityStep] = []
    usl: dict[str, Any] | None = None  # advice
    knee: float | None = None  # advice
    notes: list[str] = []


class Verdict(msgspec.Struct, kw_only=True):
    state: State
    exit_code: int
    reasons: list[str] = []  # failures first
    sentences: list[str] = []  # for people who read nothing else


class Summary(msgspec.Struct, kw_only=True):
    schema: str = SCHEMA
    run: RunInfo
    env: dict[str, Any] = {}
    validity: Validity
    verdict: Verdict
    checks: list[CheckResult] = []
    phases: list[PhaseResult] = []
    events: list[Span] = []
    faults: list[FaultRow] = []
    streams: dict[str, Any] = {}  # intended, attempts, outcomes, details
    metrics: dict[str, Metric] = {}  # over the whole run, warm-up left out
    two_sided: TwoSided | None = None
    timeseries: TimeSeries = msgspec.field(default_factory=TimeSeries)
    distributions: dict[str, dict[str, list[float]]] = {}  # metric -> phase -> sorted values, thinned to 512
    curves: dict[str, dict[str, Curve]] = {}  # metric -> phase -> percentiles with intervals
    objectives: list[Objective] = []
    decomposition: list[Decomposition] = []
    gallery: list[GalleryStream] = []
    resilience: list[Resilience] = []
    recovery: list[Recovery] = []
    reconnects: list[Reconnects] = []
    arms: list[Arm] = []
    deliveries: list[Delivery] = []  # of a run that asked for streams and for whole answers
    plan: str = ""  # as `plan.yaml` of the run folder has it
    compare: Comparison | None = None  # of a comparison of two systems or runs
    capacity: Capacity | None = None  # of a search for the most load
