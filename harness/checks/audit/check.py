"""What a check of the audit is: questions to ask, and a judgement of what came of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from harness.dialects.events import TokenEvent
from harness.plan.audited import MetricNames
from harness.plan.target import Limits
from harness.record import LedgerRow, StreamRecord
from harness.summary import Number, State

Group = Literal["latency", "integrity", "cancellation", "errors", "limits", "observability"]

Endpoint = Literal["stream", "whole", "moderated", "structured", "openai"]
"""Where a question goes; the target file says which of them a system has. `stream` is always there."""

Need = Literal["mock", "log", "metrics", "stop", "resume", "drain", "whole", "moderated", "structured",
               "tools", "reasoning", "openai", "limit", "kept"]  # fmt: skip
"""What a check cannot do without. Where the target has it not, the check is NOT MEASURED and says so."""

Stage = Literal["together", "alone", "last"]
"""`together`: side by side with all others. `alone`: one check at a time. `last`: it ends the system."""


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """The user leaves on purpose: at a token, after a time, or while waiting for the first token."""

    at_token: int | None = None
    after_s: float | None = None
    before_first: bool = False
    how: Literal["fin", "rst", "stop_reading", "stop_button"] = "fin"  # the button: POST to the stop endpoint


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One user's question, and what the provider does when it arrives there.

    `fault` is in the mock's notation, as in `s6@20:30`; it hits the first `fault_times` attempts that the
    system makes for this question.
    """

    name: str  # unique within its check
    endpoint: Endpoint = "stream"
    streamed: bool = True  # at `openai`, which answers either way; the other endpoints have one way each
    start_s: float = 0.0  # after the check's beginning
    tokens: int = 30
    ttft_ms: float = 30.0
    itl_ms: float = 15.0
    tokens_per_chunk: int = 1
    reasoning_tokens: int = 0
    tool_calls: int = 0
    schema: dict[str, Any] | None = None  # a JSON answer is asked for
    fault: str = ""
    fault_times: int = 1_000
    leave: Leave | None = None
    encoding: str = "identity"  # Accept-Encoding
    prompt: str = "Tell me about the sea."
    limits: Limits = Limits(headers_s=150, first_content_s=150, idle_s=150, total_s=170)
    hop: str = ""  # a hop of the target file instead of its url
    after: str = ""  # asked only when the question of that name is over
    system_stops: bool = False  # right before it is asked, the system is told to stop, as its operator would


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """A meaning that reached the user, and when."""

    t_ns: int
    event: TokenEvent


class Heard(msgspec.Struct, kw_only=True):
    """What came of one question, at both ends."""

    question: Question
    record: StreamRecord
    headers: dict[str, str] = {}  # of the response, names in lower case
    body: bytes = b""  # as the user's HTTP library would hand it over: de-chunked, decompressed
    events: list[Arrived] = []
    ledger: list[LedgerRow] = []  # the provider's attempts for this stream, in order of arrival
    log: dict[str, Any] | None = (
        None  # the system's own words about this stream, under our names: status, outcome, ttft_ms, total_ms,
    )
    # tokens, input_tokens, tokens_per_s. None: no line names the stream, or the system has no log.
    left_ns: int | None = None  # when its user closed, stopped reading or pressed the button, by plan
    stop_status: int | None = None  # the answer to the stop button
    stopped_ns: int | None = None  # when the system had been told to stop, where the question wanted that
    kept: str | None = None  # the partial answer that the system kept, where it can be asked for
    metrics_before: str | None = None  # the system's Prometheus text before the check's first question
    metrics_after: str | None = None  # and once all of the check's questions were over and in the ledger

    def text(self) -> str:
        """The visible text."""
        from harness.dialects.events import Kind

        return "".join(arrived.event.text for arrived in self.events if arrived.event.kind is Kind.TEXT)


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the target file declares: what this system has, and the policies in which correct ones differ."""

    has: frozenset[Need] = frozenset()
    dialect: str = "generic"
    after_disconnect: Literal["cancel", "drain", "resume"] = "cancel"
    cancel_within_s: float = 1.0
    provider_fault: Literal["error_event", "as_is"] = "error_event"
    reasoning: Literal["hidden", "annotated", "shown"] = "shown"
    tool_calls: Literal["hidden", "annotated", "shown"] = "hidden"
    structured: Literal["raw", "fields", "events"] = "raw"
    retries: int = 2  # attempts that the system may add before the first token
    stall_limit_s: float | None = None  # when a silent provider is given up; None: it never is
    heartbeat_s: float = 15.0  # the longest silence that a user may meet
    concurrency: int | None = None  # streams at once, where the system limits them
    queue: int | None = None  # users who may wait for one of them
    metrics: MetricNames = MetricNames()
    hops: tuple[str, ...] = ()  # names of the hops, from the system outwards
    silences_s: tuple[float, ...] = (2, 7, 20, 35, 65, 105)
    total_s: float = 120.0
    direct_hold_ms: float = 1.0  # the generator's own floor, from a control run without the system


class Finding(msgspec.Struct, kw_only=True):
    """What a check says. `evidence` is one sentence with the numbers."""

    state: State
    evidence: str
    value: Number = None
    limit: Number = None
    unit: str = ""
    fix: str = ""  # where it is more exact than the check's own
    streams: list[int] = []


Ask = Callable[[Terms], Sequence[Question]]
Judge = Callable[[Sequence[Heard], Terms], Finding]


@dataclass(frozen=True)
class Check:
    """One promise. `judge` gets what came of the questions, in their order."""

    id: str  # the file's name
    group: Group
    promise: str  # one sentence
    how: str  # one sentence: how it is probed
    fix: str  # what to do when it is broken
    ask: Ask
    judge: Judge
    needs: frozenset[Need] = field(default_factory=frozenset)
    stage: Stage = "together"
    weight: int = 1  # within its group's score

    @property
    def doc(self) -> str:
        """The page about it, within `docs/`."""
        return f"audit-checks.md#{self.id}"
