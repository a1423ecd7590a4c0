"""What the mock provider behind the system does."""

from typing import Literal

import msgspec

from harness.plan.draws import Draw, LogNormal, Normal


class Match(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which requests a rule means; what is left out matches all."""

    model: str | None = None
    path: str | None = None
    stream: int | None = None


class FaultRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One planned fault: which, whom it hits, and when in the answer."""

    id: str  # a file of mock_provider/faults/
    p: float = 1.0  # share of the matching requests that it hits, drawn from the seed
    at_token: int = 0  # tokens written before it
    seconds: float = 0.0  # of a stall
    then: Literal["resume", "die"] = "resume"
    status: int = 500
    match: Match = Match()
    window_s: tuple[float, float] | None = None  # since the provider's start

    def __post_init__(self) -> None:
        if not 0 <= self.p <= 1:
            raise ValueError("p is a share from 0 to 1")
        if self.at_token < 0 or self.seconds < 0:
            raise ValueError("at_token and seconds must not be negative")


class Quota(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Token buckets for one API key and model; what is left out is unlimited."""

    rpm: int | None = None  # requests a minute
    tpm: int | None = None  # input tokens + max output tokens a minute, reconciled at the end
    burst_s: float = 60.0  # a full bucket holds this many seconds of its rate
    concurrent: int | None = None

    def __post_init__(self) -> None:
        for name in ("rpm", "tpm", "concurrent"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1; leave it out for no limit")
        if self.burst_s <= 0:
            raise ValueError("burst_s must be positive")


class ModelProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one model of the provider answers."""

    dialect: str = "openai"
    ttft_ms: Draw = LogNormal(mean=200, cv=0.3)
    prefill_ms_per_token: float = 0.0
    itl_ms: Draw = LogNormal(mean=20, cv=0.3)
    output_tokens: Draw = Normal(mean=180, sd=20)
    tokens_per_chunk: int = 1
    quota: Quota | None = None
    faults: list[FaultRule] = []

    def __post_init__(self) -> None:
        if self.tokens_per_chunk < 1:
            raise ValueError("tokens_per_chunk must be at least 1")


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mock provider: its models and the faults of all of them."""

    models: dict[str, ModelProfile] = msgspec.field(default_factory=lambda: {"mock-chat": ModelProfile()})
    faults: list[FaultRule] = []
    host: str = "127.0.0.1"
    port: int = 0  # 0: a free one

    def __post_init__(self) -> None:
        if not self.models:
            raise ValueError("models must name at least one model")
