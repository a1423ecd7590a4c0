"""Random quantities as a plan states them, and how one value is drawn.

A plan writes a number for a constant, or a mapping with `dist`. The generator is always handed in, so a
draw depends on its seed alone.
"""

import math
from typing import Annotated

import msgspec
import numpy as np

Rng = np.random.Generator


class _Draw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="dist"):
    pass


class Const(_Draw, frozen=True, kw_only=True, tag="const"):
    value: float

    def __post_init__(self) -> None:
        if self.value < 0:
            raise ValueError("const needs a value of at least 0")


class Uniform(_Draw, frozen=True, kw_only=True, tag="uniform"):
    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise ValueError("uniform needs 0 <= low <= high")


class Normal(_Draw, frozen=True, kw_only=True, tag="normal"):
    """Cut off at zero. It has no tail worth the name; latency wants lognormal."""

    mean: float
    sd: float

    def __post_init__(self) -> None:
        if self.sd < 0:
            raise ValueError("normal needs sd >= 0")


class LogNormal(_Draw, frozen=True, kw_only=True, tag="lognormal"):
    """By mean and coefficient of variation, or by median and sigma of the logarithm."""

    mean: float | None = None
    cv: float | None = None
    median: float | None = None
    sigma: float | None = None
    cap: float | None = None

    def __post_init__(self) -> None:
        given = {name for name in ("mean", "cv", "median", "sigma") if getattr(self, name) is not None}
        if given not in ({"mean", "cv"}, {"median", "sigma"}):
            raise ValueError("lognormal needs mean and cv, or median and sigma, and not both")
        centre, spread = (self.mean, self.cv) if "mean" in given else (self.median, self.sigma)
        if (centre or 0) <= 0 or (spread or 0) < 0:
            raise ValueError("lognormal needs a positive mean or median and a cv or sigma of at least 0")
        if self.cap is not None and self.cap <= 0:
            raise ValueError("lognormal needs a positive cap; leave it out for none")

    @property
    def mu_sigma(self) -> tuple[float, float]:
        if self.mean is not None and self.cv is not None:
            variance = math.log(1 + self.cv**2)
            return math.log(self.mean) - variance / 2, math.sqrt(variance)
        assert self.median is not None
        assert self.sigma is not None
        return math.log(self.median), self.sigma


class Exponential(_Draw, frozen=True, kw_only=True, tag="exponential"):
    mean: float

    def __post_init__(self) -> None:
        if self.mean <= 0:
            raise ValueError("exponential needs a positive mean")


class Quantiles(_Draw, frozen=True, kw_only=True, tag="quantiles"):
    """By points of the distribution; between them the inverse CDF is linear, and above p99 it ends
    as far away as the point before it."""

    p50: float
    p90: float | None = None
    p95: float | None = None
    p99: float

    @property
    def points(self) -> tuple[list[float], list[float]]:
        """(probabilities, values), both ascending."""
        known = [(0.5, self.p50), (0.9, self.p90), (0.95, self.p95), (0.99, self.p99)]
        pairs = [(p, value) for p, value in known if value is not None]
        top = pairs[-1][1] + (pairs[-1][1] - pairs[-2][1])
        return [0.0, *[p for p, _ in pairs], 1.0], [0.0, *[value for _, value in pairs], top]

    def __post_init__(self) -> None:
        values = self.points[1]
        if values != sorted(values):
            raise ValueError("quantiles must not fall: p50 <= p90 <= p95 <= p99")


class Empirical(_Draw, frozen=True, kw_only=True, tag="empirical"):
    """Measured values, drawn with equal chance: written out, or a file with one number a line.

    `harness.plan.empirical` replaces the file by its values as soon as the plan is read.
    """

    values: list[float] | None = None
    file: str | None = None

    def __post_init__(self) -> None:
        if (self.values is None) == (self.file is None):
            raise ValueError("empirical needs values or file, and not both")
        if self.values is not None and (not self.values or min(self.values) < 0):
            raise ValueError("empirical needs at least one value, and none below 0")


Draw = (
    Annotated[float, msgspec.Meta(ge=0)]
    | Const
    | Uniform
    | Normal
    | LogNormal
    | Exponential
    | Quantiles
    | Empirical
)


def sample(draw: Draw, rng: Rng) -> float:
    """One value of `draw`, never negative, in the unit in which the plan wrote it."""
    if isinstance(draw, (int, float)):
        return max(0.0, float(draw))
    return max(0.0, float(sample_many(draw, 1, rng)[0]))


def sample_many(draw: Draw, count: int, rng: Rng) -> np.ndarray:
    """`count` values of `draw`, shape (count,), never negative."""
    match draw:
        case float() | int():
            values = np.full(count, float(draw))
        case Const():
            values = np.full(count, draw.value)
        case Uniform():
            values = rng.uniform(draw.low, draw.high, count)
        case Normal():
            values = rng.normal(draw.mean, draw.sd, count)
        case LogNormal():
            values = rng.lognormal(*draw.mu_sigma, count)
            if draw.cap is not None:
                values = np.minimum(values, draw.cap)
        case Exponential():
            values = rng.exponential(draw.mean, count)
        case Quantiles():
            values = np.interp(rng.random(count), *draw.points)
        case Empirical():
            if draw.values is None:
                raise ValueError(f"the values of {draw.file} have not been read")
            values = rng.choice(np.asarray(draw.values, dtype=float), count)
    drawn: np.ndarray = np.maximum(values, 0.0)
    return drawn


def generator(*seeds: int | str) -> Rng:
    """A generator for (run seed, stream id, …): the same words, the same draws, in every process."""
    numbers = [seed if isinstance(seed, int) else int.from_bytes(seed.encode(), "big") for seed in seeds]
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([number + 1 for number in numbers])))
