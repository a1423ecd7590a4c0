"""Ways through which events may have to go, as functions (leaving ms, sizes) -> arriving ms. Modelled."""

import math
from collections.abc import Callable
from random import Random

Path = Callable[[list[float], list[int]], list[float]]


def open_path(leaving: list[float], sizes: list[int]) -> list[float]:
    return list(leaving)


def whole(leaving: list[float], sizes: list[int]) -> list[float]:
    """Nothing before the answer is over."""
    return [leaving[-1]] * len(leaving)


def filling(limit: int) -> Path:
    """A buffer that leaves when so many bytes are in it; an event is there with its last byte."""

    def path(leaving: list[float], sizes: list[int]) -> list[float]:
        total, ends = 0, []
        for size in sizes:
            total += size
            ends.append(total)
        arriving = []
        for end in ends:
            needed = -(-end // limit) * limit  # the buffer in which the event's last byte lies is full
            filled = [at for at, there in zip(leaving, ends, strict=True) if there >= needed]
            arriving.append(filled[0] if filled else leaving[-1])
        return arriving

    return path


def ticking(period_ms: float) -> Path:
    """What is there leaves whenever the timer ticks."""
    return lambda leaving, sizes: [math.ceil(at / period_ms - 1e-9) * period_ms for at in leaving]


def opening(held_ms: float) -> Path:
    """Nothing until then, everything from then on."""
    return lambda leaving, sizes: [max(at, held_ms) for at in leaving]


def shaking(shifts_ms: list[float]) -> Path:
    """Each event late by the next of `shifts_ms`, over and over; none overtakes another."""

    def path(leaving: list[float], sizes: list[int]) -> list[float]:
        late = [at + shifts_ms[number % len(shifts_ms)] for number, at in enumerate(leaving)]
        return [max(late[: number + 1]) for number in range(len(late))]

    return path


def pausing(share: float, mean_ms: float, seed: int) -> Path:
    """A machine that is busy with something else for that share of the time, whenever it likes."""

    def path(leaving: list[float], sizes: list[int]) -> list[float]:
        draw, at, arriving = Random(seed).expovariate, 0.0, list(leaving)
        while at < leaving[-1]:
            begins = at + draw(share / (mean_ms * (1 - share)))
            at = begins + draw(1 / mean_ms)
            arriving = [at if begins <= there < at else there for there in arriving]
        return arriving

    return path
