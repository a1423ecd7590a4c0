"""What to ask of a provider: quotas for a given load, and which of them binds first. Pure.

Streams are long, so the number open at once usually binds before requests or tokens a minute do.
"""

import math
from typing import Any

import msgspec

from harness.capacity.queueing import slots_for_rejection, slots_for_waiting
from harness.plan.provider import Quota

Z = 3.09  # 99.9 % of minutes


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """The load in the provider's units. Token counts are a request's, with their standard deviations."""

    rate: float  # streams a second
    stream_s: float  # how long one is open at the provider
    input_tokens: float = 0.0
    input_sd: float = 0.0
    output_tokens: float = 0.0
    output_sd: float = 0.0
    retries: int = 0  # further attempts after a failed one
    failure_share: float = 0.0  # of attempts
    vmr: float = 1.0  # variance over mean of the arrivals in a minute; 1 is Poisson

    def __post_init__(self) -> None:
        if not (0 < self.rate < math.inf and 0 < self.stream_s < math.inf):
            raise ValueError("rate and stream seconds must be positive numbers")
        if not 0 <= self.failure_share <= 1 or self.retries < 0 or self.vmr < 0:
            raise ValueError("failure share is from 0 to 1; retries and vmr must not be negative")


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """One limit: what the load needs of it in 99.9 % of minutes, and what there is."""

    name: str
    mean: float
    need: int
    limit: int | None = None

    @property
    def headroom(self) -> float | None:
        """Limit over need; below 1 the limit binds. None without a limit."""
        return self.limit / self.need if self.limit is not None else None


class Headroom(msgspec.Struct, frozen=True, kw_only=True):
    """All of them. `amplified` is the rate with retries."""

    amplified: float
    open_streams: float
    needs: list[Need]
    slots_waiting: int  # with a queue in front, for at most 1 % waiting

    @property
    def binding(self) -> Need | None:
        """The limit with the least headroom; None where no limit was given."""
        limited = [need for need in self.needs if need.headroom is not None]
        return min(limited, key=lambda need: need.headroom or 0.0) if limited else None


def amplified(rate: float, failure_share: float, retries: int) -> float:
    """Requests a second when each failed one is tried again up to `retries` times."""
    return rate * sum(failure_share**k for k in range(retries + 1))


def per_minute(rate: float, mean: float, sd: float, vmr: float, z: float = Z) -> float:
    """What a minute must hold: the sum over a random number of requests of `mean` +- `sd` each.

    Var of such a sum is n (sd^2 + vmr mean^2), which for Poisson arrivals is n E[x^2].
    """
    n = 60 * rate
    return n * mean + z * math.sqrt(n * (sd**2 + vmr * mean**2))


def headroom(demand: Demand, quota: Quota | None = None, rejected: float = 0.001) -> Headroom:
    """What `demand` needs of every kind of limit, beside what `quota` gives."""
    given = quota or Quota()
    rate = amplified(demand.rate, demand.failure_share, demand.retries)
    both = (demand.input_tokens + demand.output_tokens, math.hypot(demand.input_sd, demand.output_sd))
    needs = [
        _need("rpm", rate, 1.0, 0.0, demand.vmr, given.rpm),
        _need("tpm", rate, *both, demand.vmr, given.tpm),
        _need("itpm", rate, demand.input_tokens, demand.input_sd, demand.vmr, given.itpm),
        _need("otpm", rate, demand.output_tokens, demand.output_sd, demand.vmr, given.otpm),
    ]
    load = rate * demand.stream_s
    slots = Need(
        name="concurrent", mean=load, need=slots_for_rejection(load, rejected), limit=given.concurrent
    )
    return Headroom(
        amplified=rate,
        open_streams=load,
        needs=[slots, *[need for need in needs if need.need]],
        slots_waiting=slots_for_waiting(load, 0.01),
    )


def _need(name: str, rate: float, mean: float, sd: float, vmr: float, limit: int | None) -> Need:
    need = math.ceil(per_minute(rate, mean, sd, vmr) - 1e-9)
    return Need(name=name, mean=60 * rate * mean, need=need, limit=limit)


def lines(found: Headroom) -> list[str]:
    """For people, one limit a line, the binding one named last."""
    told = [f"{found.open_streams:.1f} streams open on average, {found.amplified:.3g} requests a second"]
    for need in found.needs:
        against = "" if need.limit is None else f"   limit {need.limit:,}, headroom {need.headroom:.2f}"
        told.append(f"{need.name:<10} mean {need.mean:>12,.1f}   ask for {need.need:>10,}{against}")
    told.append(f"with a queue in front, {found.slots_waiting:,} slots keep waiting at or below 1 %")
    if found.binding is not None:
        assert found.binding.headroom is not None
        word = "is too small" if found.binding.headroom < 1 else "binds first"
        told.append(f"{found.binding.name} {word}: headroom {found.binding.headroom:.2f}")
    return told


def as_dict(found: Headroom) -> dict[str, Any]:
    """For JSON."""
    plain: dict[str, Any] = msgspec.to_builtins(found)
    for need, original in zip(plain["needs"], found.needs, strict=True):
        need["headroom"] = original.headroom
    plain["binding"] = found.binding.name if found.binding else None
    return plain
