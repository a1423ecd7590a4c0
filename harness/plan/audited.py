"""The target file of an audit: where a system is, what it has, and the policies in which correct ones differ.

What is left out, the system has not: the checks that need it are not measured, and say so.
"""

from typing import Literal

import msgspec

from harness.plan.address import must_be_url, refuse_user_info
from harness.plan.target import Target

Policy = Literal["hidden", "annotated", "shown"]


class ProviderAdmin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mock provider behind the system, as its operator reaches it."""

    admin: str  # its base URL, e.g. http://127.0.0.1:8600
    admin_token_env: str | None = None  # name of the environment variable that holds its admin token

    def __post_init__(self) -> None:
        refuse_user_info(
            "admin", self.admin, "name the variable that holds the admin token in provider.admin_token_env"
        )
        must_be_url("admin", self.admin)


class Endpoints(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Paths beside the stream's own. In `stop` and `kept`, {id} stands for the stream's id."""

    whole: str | None = None  # the answer in one piece
    moderated: str | None = None  # shows nothing before it is cleared
    structured: str | None = None  # answers by a JSON schema
    openai: str | None = None  # speaks OpenAI Chat Completions
    stop: str | None = None  # POST: the user wants no more of it
    kept: str | None = None  # GET: what there is of an answer that was left

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            path = getattr(self, name)
            if path is not None and not path.startswith("/"):
                raise ValueError(f"{name} must begin with /")
        for name in ("stop", "kept"):
            path = getattr(self, name)
            if path is not None and "{id}" not in path:
                raise ValueError(f"{name} must hold {{id}}, where the stream's id goes")


class Log(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The system's own log: a JSON object a line, one for each stream.

    The keys beside `path` and `times_in` are names of its fields; a dot leads into an object.
    """

    path: str
    stream: str = "stream"  # holds the id that the user gave, or the number marked in the prompt
    status: str = "status"
    outcome: str = "outcome"
    ttft: str = "ttft_ms"
    total: str = "total_ms"
    tokens: str = "tokens"
    input_tokens: str = "input_tokens"
    tokens_per_s: str = "tokens_per_s"
    times_in: Literal["ms", "s"] = "ms"


class MetricNames(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the system calls its metrics; empty where it has no such thing. Labels do not belong here."""

    streams: str = "gateway_streams_total"  # a counter; one more for each stream, whatever became of it
    outcome: str = "outcome"  # its label that says what became of the stream
    completed: str = "completed"  # that label's value for a stream that went well
    tokens: str = "gateway_tokens_total"  # a counter of output tokens
    ttft_s: str = "gateway_ttft_seconds"  # a histogram or summary
    total_s: str = "gateway_stream_seconds"  # a histogram or summary
    open: str = "gateway_streams_open"  # a gauge


class Metrics(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The system's Prometheus metrics."""

    path: str = "/metrics"  # at the target's URL, or a URL of its own
    names: MetricNames = MetricNames()

    def __post_init__(self) -> None:
        refuse_user_info("metrics.path", self.path)


class Policies(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the system means to behave. What is declared here is not failed, and is held to."""

    after_disconnect: Literal["cancel", "drain", "resume"] | None = None  # instead of target.expect's
    reasoning: Policy | None = None  # None: nothing is known of it, so nothing is judged
    tool_calls: Policy | None = None
    structured: Literal["raw", "fields", "events"] = "raw"
    retries: int = 2  # attempts that it may add before the first token
    stall_limit_s: float | None = None  # when it gives up a silent provider
    heartbeat_s: float = 15.0  # the longest silence that a user may meet
    concurrency: int | None = None  # streams at once
    queue: int | None = None  # users who may wait for one of them

    def __post_init__(self) -> None:
        if self.retries < 0 or (self.queue or 0) < 0:
            raise ValueError("retries and queue must not be negative")
        if self.concurrency is not None and self.concurrency < 1:
            raise ValueError("concurrency must be at least 1; leave it out for no limit")
        if self.heartbeat_s <= 0 or (self.stall_limit_s is not None and self.stall_limit_s <= 0):
            raise ValueError("heartbeat_s and stall_limit_s must be positive")


class Probes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the probes look for limits of time."""

    silences_s: tuple[float, ...] = (2, 7, 20, 35, 65, 105)
    total_s: float = 120.0

    def __post_init__(self) -> None:
        if not self.silences_s or any(not 0 < each <= 1200 for each in self.silences_s):
            raise ValueError("silences_s are above 0 and at most 1200")
        if list(self.silences_s) != sorted(set(self.silences_s)):
            raise ValueError("silences_s must rise")
        if not 0 < self.total_s <= 1800:
            raise ValueError("total_s is above 0 and at most 1800")


THOROUGH = Probes(silences_s=(2, 7, 20, 35, 65, 105, 125, 185, 245, 305, 365), total_s=1200)


class Drain(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the system is told to stop, as its operator would, and started again."""

    pid_file: str | None = None  # its process gets SIGTERM
    stop: str | None = None  # or a command that tells it
    start: str | None = None  # a command that starts it again; without one it stays down

    def __post_init__(self) -> None:
        if (self.pid_file is None) == (self.stop is None):
            raise ValueError("drain needs either pid_file or stop")


class Audited(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. `provider: null` judges only what users see."""

    target: Target
    provider: ProviderAdmin | None = None
    endpoints: Endpoints = Endpoints()
    log: Log | None = None
    metrics: Metrics | None = None
    policies: Policies = Policies()
    hops: dict[str, str] = {}  # name -> base URL, from the system outwards
    probes: Probes = Probes()
    drain: Drain | None = None

    def __post_init__(self) -> None:
        if self.target.url is None:
            raise ValueError("target.url is missing: an audit needs a system that is up")
        for name, url in self.hops.items():
            must_be_url(f"hops.{name}", url)
