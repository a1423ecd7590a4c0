"""Quotas of one API key and model: token buckets in whole numbers, with time as an argument.

A bucket's level is kept in units of one sixty-billionth of what it counts, so that a rate per minute adds
an integer each nanosecond and a client told to come back at an instant is admitted at that instant.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

from harness.clock import SECOND
from harness.plan.provider import Quota

_UNIT = 60 * SECOND


class Bucket:
    """Refills continuously; `burst_s` seconds of its rate fit in, at least one request."""

    __slots__ = ("_level", "_seen_ns", "capacity", "per_minute")

    def __init__(self, per_minute: int, burst_s: float, now_ns: int) -> None:
        self.per_minute = per_minute
        self.capacity = max(1, int(per_minute * burst_s / 60))
        self._level = self.capacity * _UNIT
        self._seen_ns = now_ns

    def _refill(self, now_ns: int) -> None:
        earned = max(0, now_ns - self._seen_ns) * self.per_minute
        self._level = min(self.capacity * _UNIT, self._level + earned)
        self._seen_ns = max(now_ns, self._seen_ns)

    def remaining(self, now_ns: int) -> int:
        self._refill(now_ns)
        return max(0, self._level // _UNIT)

    def wait_ns(self, amount: int, now_ns: int) -> int:
        """How long until `amount` can be taken: the true refill time, 0 for now."""
        self._refill(now_ns)
        missing = amount * _UNIT - self._level
        return -(-missing // self.per_minute) if missing > 0 else 0

    def take(self, amount: int) -> None:
        self._level -= amount * _UNIT

    def give(self, amount: int) -> None:
        """A refund; a negative one charges what was used beyond the reservation."""
        self._level = min(self.capacity * _UNIT, self._level + amount * _UNIT)


@dataclass(frozen=True, slots=True)
class Standing:
    """What limit headers say of one bucket. `reset_ns`: until it is full again."""

    limit: int
    remaining: int
    reset_ns: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Which limit said no, and when to come back; no instant helps a request larger than the bucket."""

    limit: str  # rpm, tpm, itpm, otpm or concurrent
    wait_ns: int | None
    allowed: int
    used: int
    requested: int


CONCURRENT_RETRY_NS = SECOND  # a slot frees when some answer ends; nobody can say when

# limit -> what headers call it
WORDS = {"rpm": "requests", "tpm": "tokens", "itpm": "input-tokens", "otpm": "output-tokens"}


class Demand(NamedTuple):
    """What an attempt may use at most, in tokens."""

    input: int
    output: int

    def of(self, limit: str) -> int:
        return {
            "rpm": 1,
            "tpm": self.input + self.output,
            "itpm": self.input,
            "otpm": self.output,
        }[limit]


class KeyQuota:
    """The standing of one (key, model)."""

    def __init__(self, quota: Quota, now_ns: int) -> None:
        self._concurrent = quota.concurrent
        self.open = 0
        rates = {limit: getattr(quota, limit) for limit in WORDS}
        self.buckets = {
            limit: Bucket(rate, quota.burst_s, now_ns) for limit, rate in rates.items() if rate is not None
        }

    def admit(self, demand: Demand, now_ns: int) -> Refusal | None:
        """Take one request with its tokens, or say why not; a refusal takes nothing."""
        if self._concurrent is not None and self.open >= self._concurrent:
            return Refusal("concurrent", CONCURRENT_RETRY_NS, self._concurrent, self.open, 1)
        refusals = [
            self._refusal(limit, bucket, demand.of(limit), now_ns)
            for limit, bucket in self.buckets.items()
            if bucket.wait_ns(demand.of(limit), now_ns) > 0
        ]
        if refusals:
            return max(refusals, key=lambda each: math.inf if each.wait_ns is None else each.wait_ns)
        for limit, bucket in self.buckets.items():
            bucket.take(demand.of(limit))
        self.open += 1
        return None

    def _refusal(self, limit: str, bucket: Bucket, amount: int, now_ns: int) -> Refusal:
        wait_ns = bucket.wait_ns(amount, now_ns) if amount <= bucket.capacity else None
        used = bucket.capacity - bucket.remaining(now_ns)
        return Refusal(limit, wait_ns, bucket.capacity, used, amount)

    def release(self, reserved: Demand, output: int) -> None:
        """The attempt is over: its slot is free, and the output that was not used comes back."""
        self.open -= 1
        for limit in ("tpm", "otpm"):
            if limit in self.buckets:
                self.buckets[limit].give(reserved.output - output)

    def idle(self, now_ns: int) -> bool:
        """Whether forgetting it changes nothing."""
        full = all(bucket.remaining(now_ns) >= bucket.capacity for bucket in self.buckets.values())
        return full and not self.open

    def standing(self, now_ns: int) -> dict[str, Standing]:
        """By header word; only the limits that there are."""
        return {
            WORDS[limit]: Standing(
                bucket.per_minute, bucket.remaining(now_ns), bucket.wait_ns(bucket.capacity, now_ns)
            )
            for limit, bucket in self.buckets.items()
        }
