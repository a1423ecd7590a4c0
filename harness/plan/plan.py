"""The whole of a run, frozen."""

import re
from typing import Literal

import msgspec

from harness.plan.network import Network
from harness.plan.phases import Phase
from harness.plan.provider import Provider
from harness.plan.target import Target

_NAME = re.compile(r"[^./\\\0\n][^/\\\0\n]{0,79}")


class GatewayOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the reference gateway behaves towards its users and its upstream."""

    heartbeat_s: float = 15.0
    connect_s: float = 5.0
    first_byte_s: float = 60.0
    idle_s: float = 60.0

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if not 0 < getattr(self, name) <= 3600:
                raise ValueError(f"{name} must be above 0 and at most 3600")


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
        if self.workers < 1 or self.drain_s < 0:
            raise ValueError("workers must be at least 1, drain_s must not be negative")
        for phase in self.phases:
            self._check_references(phase)

    def _check_references(self, phase: Phase) -> None:
        for cohort in phase.network:
            if cohort.journey not in self.network.journeys:
                known = ", ".join(self.network.journeys) or "none"
                raise ValueError(
                    f"cohort {cohort.name} of phase {phase.name} takes the journey {cohort.journey}, "
                    f"which neither network.journeys (known: {known}) nor scenarios/networks/journeys/ has"
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
