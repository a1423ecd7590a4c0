"""Erlang's formulas: how often all slots are taken, how often and how long a stream waits for one.

`load` is the offered load in Erlang: arrivals a second times seconds a stream.
"""

import math

from scipy.optimize import brentq


def erlang_b(load: float, slots: int) -> float:
    """The share turned away by `slots` slots without a queue."""
    blocked = 1.0
    for k in range(1, slots + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked


def erlang_c(load: float, slots: int) -> float:
    """The share that must wait for one of `slots` slots; 1 from saturation on."""
    if load >= slots:
        return 1.0
    blocked = erlang_b(load, slots)
    return blocked / (1 - load / slots * (1 - blocked))


def mean_wait_s(rate: float, slots: int, service_s: float) -> float:
    """Mean wait in M/M/c, over all streams; infinite from saturation on."""
    if rate * service_s >= slots:
        return math.inf
    return erlang_c(rate * service_s, slots) / (slots / service_s - rate)


def waits_longer(rate: float, slots: int, service_s: float, wait_s: float) -> float:
    """The share that waits longer than `wait_s` in M/M/c."""
    if rate * service_s >= slots:
        return 1.0
    return erlang_c(rate * service_s, slots) * math.exp(-(slots / service_s - rate) * wait_s)


def most_rate(slots: int, service_s: float, wait_s: float, share: float) -> float:
    """The arrival rate at which exactly `share` of the streams wait longer than `wait_s` in M/M/c."""
    full = slots / service_s
    return float(
        brentq(
            lambda rate: waits_longer(rate, slots, service_s, wait_s) - share, full * 1e-6, full * 0.999999
        )
    )


def slots_for_rejection(load: float, share: float) -> int:
    """The fewest slots that turn away at most `share`, without a queue."""
    slots, blocked = 0, 1.0
    while blocked > share:
        slots += 1
        blocked = load * blocked / (slots + load * blocked)
    return slots


def slots_for_waiting(load: float, share: float) -> int:
    """The fewest slots for which at most `share` must wait."""
    slots = max(1, math.ceil(load))
    while erlang_c(load, slots) > share:
        slots += 1
    return slots


def rule_of_thumb(load: float) -> int:
    """Slots by a + 3.1 sqrt(a): within 4 % of Erlang B at 0.1 %, one short for small loads."""
    return round(load + 3.1 * math.sqrt(load))
