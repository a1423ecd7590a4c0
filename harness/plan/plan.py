"""The whole of a run, frozen."""

import re
from typing import Literal

import msgspec

from harness.plan.network import Network
from harness.plan.phases import Phase
from harness.plan.provider import Provider
from harness.plan.target import Target
from harness.plan.workers import workers_refused

_NAME = re.compile(r"[^./\\\0\n][^/\\\0\n]{0,79}")


_POSITIVE_S = ("heartbeat_s", "connect_s", "first_byte_s", "first_token_s", "idle_s", "queue_s", "tool_s")

Showing = Literal["hidden", "annotated", "shown"]


class GatewayOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the reference gateway behaves towards its users and its upstream."""

    upstream_dialect: Literal["openai", "anthropic", "vllm", "tgi"] = "openai"
    reasoning: Showing = "shown"
    tools: Showing = "hidden"
    offer_tools: str = ""  # names of the gateway's own tools that the model may call, with commas between
    tool_s: float = 10.0  # for one call of such a tool
    tool_rounds: int = 4  # questions to the provider that may follow from tools within one answer
    refused_words: str = ""  # that moderation does not let pass, with commas between
    heartbeat_s: float = 15.0
    connect_s: float = 5.0
    first_byte_s: float = 60.0  # from the question to the upstream's head
    first_token_s: float = 120.0  # from the question to the first content
    idle_s: float = 60.0
    retries: int = 0  # further attempts before the first token
    retry_after_s: float = 5.0  # the longest Retry-After that is waited out; a longer one goes to the user
    concurrency: int = 0  # answers at once; 0: no limit
    queue: int = 0  # users who may wait for one of them
    queue_s: float = 10.0  # for so long
    drain_s: float = 2.0  # for open streams when the gateway stops
    resume_grace_s: float = 0.0  # 0: off; else generation goes on for so long without a listener
    store_mb: float = 64.0  # of answers that are over, whole or broken off
    flush_ms: float = 0.0  # 0: every token by itself; else text is collected for so long
    flush_bytes: int = 0  # collected text leaves earlier once it is this big; 0: only by time
    no_accel_header: bool = False  # leaves X-Accel-Buffering out
    compress: bool = False  # for users who accept it, flushed with every event

    def __post_init__(self) -> None:
        for name in _POSITIVE_S:
            if not 0 < getattr(self, name) <= 3600:
                raise ValueError(f"{name} must be above 0 and at most 3600")
        for name in ("resume_grace_s", "drain_s", "retry_after_s"):
            if not 0 <= getattr(self, name) <= 3600:
                raise ValueError(f"{name} is from 0 to 3600")
        if not 0 <= self.tool_rounds <= 100:
            raise ValueError("tool_rounds is from 0 (a model that calls a tool has failed) to 100")
        if not 0 <= self.retries <= 10:
            raise ValueError("retries is from 0 (none) to 10")
        if self.concurrency < 0 or self.queue < 0:
            raise ValueError("concurrency and queue must not be negative")
        if self.queue and not self.concurrency:
            raise ValueError("queue needs concurrency: without a limit nobody waits")
        if not 1 <= self.store_mb <= 100_000:
            raise ValueError("store_mb is from 1 to 100000")
        if not 0 <= self.flush_ms <= 60_000:
            raise ValueError("flush_ms is from 0 (every token by itself) to 60000")
        if self.flush_bytes < 0 or (self.flush_bytes and not self.flush_ms):
            raise ValueError(
                "flush_bytes must not be negative, and needs flush_ms: few bytes may never be more"
            )


class Stack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which system stands between users and provider, when the target has no `url`."""

    system: Literal["gateway", "nginx", "haproxy", "none"] = "gateway"
    gateway: GatewayOptions = GatewayOptions()


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a run does and what it must show."""

    name: str
    seed: int = 7
    description: str = ""
    target: Target = Target()
    stack: Stack = Stack()
    provider: Provider | None = Provider()  # null: there is no mock behind the system
    network: Network = Network()
    phases: list[Phase]
    workers: int = 1  # load processes
    drain_s: float = 20.0  # how long open streams may finish after the last phase

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError("name is part of a folder's name: 1 to 80 characters, no / or \\, no dot first")
        if self.seed < 0:
            raise ValueError("seed must not be negative")
        if not self.phases:
            raise ValueError("phases must hold at least one phase")
        names = [phase.name for phase in self.phases]
        if len(names) != len(set(names)):
            raise ValueError("two phases have the same name")
        if refused := workers_refused(self.workers):
            raise ValueError(refused)
        if self.drain_s < 0:
            raise ValueError("drain_s must not be negative")
        for phase in self.phases:
            self._check_references(phase)

    def _check_references(self, phase: Phase) -> None:
        for cohort in phase.network:
            if cohort.journey not in self.network.journeys:
                known = ", ".join(self.network.journeys) or "none"
                raise ValueError(
                    f"cohort {cohort.name} of phase {phase.name} takes the journey {cohort.journey}, "
                    f"which neither network.journeys (known: {known}) nor scenarios/networks/journeys/ has; "
                    "`streamproof networks` lists the latter"
                )
        if phase.behaviour.resume and self.target.dialect != "generic":
            raise ValueError(
                f"behaviour.resume of phase {phase.name} needs target.dialect generic; with "
                f"{self.target.dialect} a broken answer can only be asked for again: leave resume out"
            )
        model = phase.model or self.target.model
        base = model.partition("+")[0] if model is not None else None  # after + come settings for the mock
        if self.provider is not None and base is not None and base not in self.provider.models:
            known = ", ".join(self.provider.models)
            raise ValueError(f"phase {phase.name} asks for model {model}; the provider has: {known}")

    @property
    def duration_s(self) -> float:
        """All phases together, without the drain."""
        return sum(phase.duration_s for phase in self.phases)

    @property
    def cohorts(self) -> list[tuple[Phase, int]]:
        """Every (phase, index of a cohort in it), in order: one proxy each."""
        return [(phase, index) for phase in self.phases for index in range(len(phase.network))]
