"""Quotas of one API key and model: token buckets in whole numbers, with time as an argument.

A bucket's level is kept in units of one sixty-billionth of what it counts, so that a rate per minute adds
an integer each nanosecond and a client told to come back at an instant is admitted at that instant.
"""

from dataclasses import dataclass

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

    limit: str  # rpm, tpm or concurrent
    wait_ns: int | None
    allowed: int
    used: int
    requested: int


CONCURRENT_RETRY_NS = SECOND  # a slot frees when some answer ends; nobody can say when


class KeyQuota:
    """The standing of one (key, model)."""

    def __init__(self, quota: Quota, now_ns: int) -> None:
        self._concurrent = quota.concurrent
        self.open = 0
        self.requests = Bucket(quota.rpm, quota.burst_s, now_ns) if quota.rpm else None
        self.tokens = Bucket(quota.tpm, quota.burst_s, now_ns) if quota.tpm else None

    def admit(self, tokens: int, now_ns: int) -> Refusal | None:
        """Take one request that may use `tokens` tokens, or say why not; a refusal takes nothing."""
        if self._concurrent is not None and self.open >= self._concurrent:
            return Refusal("concurrent", CONCURRENT_RETRY_NS, self._concurrent, self.open, 1)
        waits = [
            self._refusal(name, bucket, amount, now_ns)
            for name, bucket, amount in (("rpm", self.requests, 1), ("tpm", self.tokens, tokens))
            if bucket is not None and bucket.wait_ns(amount, now_ns) > 0
        ]
        if waits:
            return max(
                waits, key=lambda refusal: float("inf") if refusal.wait_ns is None else refusal.wait_ns
            )
        for bucket, amount in ((self.requests, 1), (self.tokens, tokens)):
            if bucket is not None:
                bucket.take(amount)
        self.open += 1
        return None

    def _refusal(self, name: str, bucket: Bucket, amount: int, now_ns: int) -> Refusal:
        wait_ns = bucket.wait_ns(amount, now_ns) if amount <= bucket.capacity else None
        used = bucket.capacity - bucket.remaining(now_ns)
        return Refusal(name, wait_ns, bucket.capacity, used, amount)

    def release(self, reserved: int, used: int) -> None:
        """The attempt is over: its slot is free and what it did not use comes back."""
        self.open -= 1
        if self.tokens is not None:
            self.tokens.give(reserved - used)

    def standing(self, now_ns: int) -> dict[str, Standing]:
        """By header word: `requests`, `tokens`; only the limits that there are."""
        buckets = {"requests": self.requests, "tokens": self.tokens}
        return {
            name: Standing(
                bucket.per_minute, bucket.remaining(now_ns), bucket.wait_ns(bucket.capacity, now_ns)
            )
            for name, bucket in buckets.items()
            if bucket is not None
        }
