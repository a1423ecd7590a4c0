"""What the mock provider behind the system does."""

from typing import Literal

import msgspec

from harness.plan.draws import Draw, LogNormal, Normal
from harness.plan.workers import workers_refused


class Match(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which requests a rule means; what is left out matches all."""

    model: str | None = None
    path: str | None = None
    stream: int | None = None
    key: str | None = None  # the API key as it is sent


class FaultRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One planned fault: which, whom it hits, and when in the answer."""

    id: str  # a file of mock_provider/faults/
    p: float = 1.0  # share of the matching requests that it hits, drawn from the seed
    at_token: int = 0  # tokens written before it
    seconds: float = 0.0  # of a stall, a trickle's gap, a Retry-After
    then: Literal["resume", "die"] = "resume"
    status: int = 500
    kind: str = ""  # a fault's variant; its file names them, the first is the usual one
    done: bool = False  # whether an error in the stream is followed by the dialect's last word
    match: Match = Match()
    window_s: tuple[float, float] | None = None  # since the provider's start
    every_s: float | None = None  # the window comes again after so long: a flapping endpoint

    def __post_init__(self) -> None:
        if not 0 <= self.p <= 1:
            raise ValueError("p is a share from 0 to 1")
        if self.at_token < 0 or self.seconds < 0:
            raise ValueError("at_token and seconds must not be negative")
        if self.every_s is not None and (self.window_s is None or self.every_s <= 0):
            raise ValueError("every_s must be positive and needs a window_s to repeat")
        if not 200 <= self.status <= 599:
            raise ValueError("status is an HTTP status from 200 to 599")


class Quota(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Token buckets for one API key and model; what is left out is unlimited."""

    rpm: int | None = None  # requests a minute
    tpm: int | None = None  # input tokens + max output tokens a minute, reconciled at the end
    itpm: int | None = None  # input tokens a minute
    otpm: int | None = None  # max output tokens a minute, reconciled at the end
    burst_s: float = 60.0  # a full bucket holds this many seconds of its rate
    concurrent: int | None = None

    def __post_init__(self) -> None:
        for name in ("rpm", "tpm", "itpm", "otpm", "concurrent"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1; leave it out for no limit")
        if self.burst_s <= 0:
            raise ValueError("burst_s must be positive")


class SlowPhases(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Correlated slowness: at each token the answer may enter a slow phase, or leave it."""

    enter: float = 0.01
    leave: float = 0.1
    factor: float = 5.0  # on the inter-token time while it lasts

    def __post_init__(self) -> None:
        if not (0 <= self.enter <= 1 and 0 < self.leave <= 1) or self.factor <= 0:
            raise ValueError("enter is from 0 to 1, leave above 0 up to 1, factor positive")


class Collapse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Goodput collapse: past `threshold` of a full batch, fewer streams advance in each step."""

    threshold: float = 0.8  # share of max_batch that is still served in full
    floor: float = 0.3  # share of max_batch that advances when the batch is full

    def __post_init__(self) -> None:
        if not (0 < self.threshold < 1 and 0 < self.floor <= self.threshold):
            raise ValueError("threshold is between 0 and 1, floor above 0 and at most threshold")


class Batch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A server that generates for many at once: one token a stream and step, the rest waits in a queue."""

    step_ms: float = 20.0
    max_batch: int = 64
    prefill_chunk_tokens: int = 512  # input tokens read in one step, all streams together
    kv_tokens: int = 400_000  # input and output tokens held at once
    queue_max: int = 200
    overflow_status: Literal[429, 503] = 429
    collapse: Collapse | None = None

    def __post_init__(self) -> None:
        if self.step_ms < 1 or self.queue_max < 0:
            raise ValueError("step_ms must be at least 1, queue_max must not be negative")
        if self.max_batch < 1 or self.prefill_chunk_tokens < 1 or self.kv_tokens < 1:
            raise ValueError("max_batch, prefill_chunk_tokens and kv_tokens must be at least 1")


class ModelProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one model of the provider answers."""

    dialect: str = "openai"
    ttft_ms: Draw = LogNormal(mean=200, cv=0.3)
    prefill_ms_per_token: float = 0.0
    itl_ms: Draw = LogNormal(mean=20, cv=0.3)
    slow: SlowPhases | None = None
    output_tokens: Draw = Normal(mean=180, sd=20)
    reasoning_tokens: Draw = 0.0  # before the answer, in dialects that show them
    tokens_per_chunk: int | dict[int, float] = 1  # or sizes with their weights
    batch: Batch | None = None  # generation paced by load; ttft_ms, itl_ms and slow then say nothing
    opening: Literal["first_token", "at_once"] = "first_token"  # when the role chunk or message head leaves
    parallel_tools: int = 1  # calls made at once when tools are offered
    cancellable: bool = True  # false: keeps generating and counting after its peer has left
    quota: Quota | None = None
    faults: list[FaultRule] = []
    price_per_million: float | None = None  # output tokens, in any currency; what waste costs

    def __post_init__(self) -> None:
        sizes = self.tokens_per_chunk
        if isinstance(sizes, int):
            if sizes < 1:
                raise ValueError("tokens_per_chunk must be at least 1")
        elif not sizes or min(sizes) < 1 or min(sizes.values()) < 0 or not sum(sizes.values()):
            raise ValueError("tokens_per_chunk needs sizes of at least 1 with weights that are not all 0")
        if self.price_per_million is not None and self.price_per_million < 0:
            raise ValueError("price_per_million must not be negative")
        if self.parallel_tools < 1 or self.prefill_ms_per_token < 0:
            raise ValueError("parallel_tools must be at least 1, prefill_ms_per_token not negative")


class KeyProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is special about one API key."""

    quota: Quota | None = None  # instead of the model's
    faults: list[FaultRule] = []  # before the model's
    ttft_scale: float = 1.0
    itl_scale: float = 1.0

    def __post_init__(self) -> None:
        if self.ttft_scale <= 0 or self.itl_scale <= 0:
            raise ValueError("scales must be positive")


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From `at_s` after the start, pacing takes these factors, reached in a straight line over `over_s`."""

    at_s: float
    ttft_scale: float | None = None
    itl_scale: float | None = None
    over_s: float = 0.0

    def __post_init__(self) -> None:
        if self.at_s < 0 or self.over_s < 0:
            raise ValueError("at_s and over_s must not be negative")
        if any(scale is not None and scale <= 0 for scale in (self.ttft_scale, self.itl_scale)):
            raise ValueError("scales must be positive")


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mock provider: its models and the faults of all of them."""

    models: dict[str, ModelProfile] = msgspec.field(default_factory=lambda: {"mock-chat": ModelProfile()})
    faults: list[FaultRule] = []
    keys: dict[str, KeyProfile] = {}
    timeline: list[Change] = []
    host: str = "127.0.0.1"
    port: int = 0  # 0: a free one
    workers: int = 1  # processes that share the port

    def __post_init__(self) -> None:
        if not self.models:
            raise ValueError("models must name at least one model")
        if refused := workers_refused(self.workers):
            raise ValueError(refused)
        if not 0 <= self.port <= 65535:
            raise ValueError("port is from 0 (a free one) to 65535")
        for model in self.models:
            if "+" in model or "/" in model:
                raise ValueError(f"the model name {model} must hold no + (it begins settings) and no /")
