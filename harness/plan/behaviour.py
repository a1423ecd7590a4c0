"""What users do when their answer does not come, stops, or breaks off."""

from typing import Literal, get_args

import msgspec

Retried = Literal["refused", "rate_limited", "error_event", "reset", "truncated", "stalled", "timed_out"]


class Retry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ask again, later each time: the k-th wait is `first_s` x `factor`^(k-1), at most `max_s`, with jitter.

    `jitter: full` draws from 0 to that, `equal` from half of it to all of it, `none` makes every user who
    was hit at once come back at once.
    """

    attempts: int = 4  # in all, the first one included
    first_s: float = 0.5
    factor: float = 2.0
    max_s: float = 20.0
    jitter: Literal["full", "equal", "none"] = "full"
    obey_retry_after: bool = True
    budget: float | None = None  # retries a stream begun, in each load process; default: no such limit
    on: list[Retried] = msgspec.field(default_factory=lambda: list(get_args(Retried)))

    def __post_init__(self) -> None:
        if not 2 <= self.attempts <= 100:
            raise ValueError("attempts is from 2 to 100; leave retry out to ask once")
        if self.first_s <= 0 or self.factor < 1 or self.max_s < self.first_s:
            raise ValueError("first_s is positive, factor at least 1, max_s at least first_s")
        if self.budget is not None and self.budget <= 0:
            raise ValueError("budget must be positive; leave it out for no limit")
        if not self.on:
            raise ValueError("on names at least one outcome; leave retry out to ask once")


class Hazard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The inclination to leave in a silence: none for `calm_s`, then growing by `per_s` every second.

    After t s of it, a share of exp(-per_s (t - calm_s)^2 / 2) is still there.
    """

    calm_s: float
    per_s: float

    def __post_init__(self) -> None:
        if self.calm_s < 0 or self.per_s <= 0:
            raise ValueError("calm_s must not be negative, per_s must be positive")


class Patience(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Leaving because it takes too long: before the first content, counted from when the stream was wanted,
    and in each silence after it."""

    wait: Hazard | None = None
    stall: Hazard | None = None

    def __post_init__(self) -> None:
        if self.wait is None and self.stall is None:
            raise ValueError("patience needs wait or stall; leave it out for users who never leave")


class Behaviour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of the users of a phase. By default they ask once and take what they get."""

    retry: Retry | None = None
    resume: bool = False  # go on where an answer broke off, with Last-Event-ID, instead of from the start
    patience: Patience | None = None

    def __post_init__(self) -> None:
        if self.resume and self.retry is None:
            raise ValueError("resume needs retry, which says how often and how soon")
