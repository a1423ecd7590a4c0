"""What happens when: load, network and promises of each part of a run."""

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from harness.plan.behaviour import Behaviour
from harness.plan.draws import Draw, Uniform
from harness.plan.network import Cohort
from harness.plan.slo import Slo, parse_slo


class Load(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either `users` who think between streams (closed loop) or a `rate` of arrivals (open loop)."""

    users: int | None = None
    think_s: Draw = Uniform(low=0.5, high=1.5)
    ramp_s: float = 2.0
    rate: float | None = None  # streams a second
    arrivals: Literal["constant", "poisson", "gamma"] = "poisson"
    cv: float = 1.0  # of the gaps, for gamma
    trace: str | None = None  # file of arrival times in seconds, one a line
    max_in_flight: int = 10_000  # safety; what it prevents is recorded as not_started

    def __post_init__(self) -> None:
        if sum(value is not None for value in (self.users, self.rate, self.trace)) != 1:
            raise ValueError("load needs exactly one of users, rate, trace")
        if self.users is not None and self.users < 1:
            raise ValueError("users must be at least 1")
        if self.rate is not None and self.rate <= 0:
            raise ValueError("rate must be positive")
        if self.ramp_s < 0 or self.cv <= 0 or self.max_in_flight < 1:
            raise ValueError("ramp_s must not be negative; cv and max_in_flight must be positive")

    @property
    def closed(self) -> bool:
        return self.users is not None


class Leave(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Users who leave on purpose: at a token, after a time, or while waiting for the first token."""

    share: float = 1.0
    at_token: int | None = None
    after_s: float | None = None
    before_first: bool = False
    how: Literal["fin", "rst", "stop_reading"] = "fin"

    def __post_init__(self) -> None:
        if sum((self.at_token is not None, self.after_s is not None, self.before_first)) != 1:
            raise ValueError("leave needs exactly one of at_token, after_s, before_first")
        if not 0 <= self.share <= 1:
            raise ValueError("share is from 0 to 1")
        if (self.at_token is not None and self.at_token < 1) or (
            self.after_s is not None and self.after_s <= 0
        ):
            raise ValueError("at_token must be at least 1, after_s positive; before_first leaves earlier")


@cache
def _stem(path: str) -> str:
    """Asked for by every stream; a plan names few files."""
    return Path(path).stem


class Phase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a run. A stream belongs to the phase in which it was intended, whenever it ends."""

    name: str
    duration_s: float
    load: Load
    kind: Literal["warm_up", "steady", "fault", "recovery"] = "steady"
    scenario: str = "chat"  # a Locust file of scenarios/
    model: str | None = None  # default: the target's
    network: list[Cohort] = []  # empty: the direct path
    streamed: bool = True  # false: users ask for the answer in one piece
    leave: Leave | None = None
    behaviour: Behaviour = Behaviour()  # what users do when an answer breaks off or does not come
    checks: list[str] | None = None  # default: every check that has something to say
    slo: list[str] = []

    def __post_init__(self) -> None:
        if self.duration_s <= 0:
            raise ValueError("duration_s must be positive")
        names = [cohort.name for cohort in self.network]
        if len(names) != len(set(names)):
            raise ValueError("two cohorts of a phase have the same name")
        if not self.streamed and self.leave is not None and self.leave.at_token is not None:
            raise ValueError(
                f"leave.at_token of phase {self.name} needs streamed: true; of an answer in one piece nobody "
                "sees a token before the end: use after_s"
            )
        if not self.streamed and self.behaviour.resume:
            raise ValueError(
                f"behaviour.resume of phase {self.name} needs streamed: true; an answer in one piece has not "
                "begun where it breaks off: leave resume out"
            )
        for text in self.slo:
            parse_slo(text)

    @property
    def scenario_name(self) -> str:
        """The Locust file's stem, which is the module name that Locust gives it."""
        return _stem(self.scenario)

    @property
    def objectives(self) -> list[Slo]:
        return [parse_slo(text) for text in self.slo]
