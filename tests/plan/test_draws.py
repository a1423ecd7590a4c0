"""Random quantities: the right means and quantiles, the same for the same seed, never negative."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.plan.draws import (
    Const,
    Draw,
    Empirical,
    Exponential,
    LogNormal,
    Normal,
    Quantiles,
    Uniform,
    generator,
    sample,
    sample_many,
)

COUNT = 200_000


def values(draw: Draw) -> np.ndarray:
    return sample_many(draw, COUNT, generator(7, "draws"))


@pytest.mark.parametrize(
    ("draw", "mean", "sd"),
    [
        (3.5, 3.5, 0.0),
        (3, 3.0, 0.0),
        (Const(value=2.0), 2.0, 0.0),
        (Uniform(low=1.0, high=5.0), 3.0, 4 / math.sqrt(12)),
        (Normal(mean=100.0, sd=10.0), 100.0, 10.0),
        (LogNormal(mean=120.0, cv=0.35), 120.0, 42.0),
        (LogNormal(mean=120.0, cv=0.0), 120.0, 0.0),
        (Exponential(mean=40.0), 40.0, 40.0),
        (Empirical(values=[1.0, 2.0, 9.0]), 4.0, math.sqrt(38 / 3)),
    ],
)
def test_mean_and_spread_are_those_of_the_plan(draw: Draw, mean: float, sd: float) -> None:
    found = values(draw)
    assert found.shape == (COUNT,)
    assert found.mean() == pytest.approx(mean, rel=0.01)
    assert found.std() == pytest.approx(sd, rel=0.02, abs=1e-9)


def test_a_lognormal_by_median_has_that_median_and_spread() -> None:
    found = values(LogNormal(median=80.0, sigma=0.5))
    assert np.median(found) == pytest.approx(80.0, rel=0.01)
    assert np.log(found).std() == pytest.approx(0.5, rel=0.01)


def test_a_cap_is_never_passed() -> None:
    assert values(LogNormal(mean=100.0, cv=2.0, cap=150.0)).max() == 150.0


@pytest.mark.parametrize(
    "draw",
    [
        Quantiles(p50=14.0, p90=22.0, p95=40.0, p99=90.0),
        Quantiles(p50=14.0, p90=22.0, p99=90.0),
        Quantiles(p50=10.0, p99=10.0),
    ],
)
def test_quantiles_are_met_where_they_are_stated(draw: Quantiles) -> None:
    found = values(draw)
    for name, q in (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)):
        stated = getattr(draw, name)
        if stated is not None:
            assert np.quantile(found, q) == pytest.approx(stated, rel=0.02)
    assert found.max() <= draw.points[1][-1]


def test_an_empirical_draw_gives_nothing_but_its_values() -> None:
    assert set(values(Empirical(values=[1.0, 2.0, 9.0]))) == {1.0, 2.0, 9.0}
    with pytest.raises(ValueError, match=r"gaps\.txt have not been read"):
        sample(Empirical(file="gaps.txt"), generator(1))


def test_no_draw_is_negative() -> None:
    assert values(Normal(mean=1.0, sd=10.0)).min() == 0.0


def test_the_same_words_give_the_same_draws_and_others_others() -> None:
    draw = LogNormal(mean=20.0, cv=0.3)
    first, again = (sample_many(draw, 5, generator(7, "ttft", 42)).tolist() for _ in range(2))
    assert first == again
    assert sample(draw, generator(7, "ttft", 42)) == first[0]
    others = [
        generator(8, "ttft", 42),
        generator(7, "itl", 42),
        generator(7, "ttft", 43),
        generator(7, "ttft"),
    ]
    assert len({sample(draw, rng) for rng in others} | {first[0]}) == 5


def test_zero_is_a_seed_of_its_own() -> None:
    assert generator(0).random() != generator().random()
    assert generator(0, 0).random() != generator(0).random()


@given(seeds=st.lists(st.integers(0, 1 << 40) | st.text(max_size=12), min_size=1, max_size=4))
def test_any_words_make_a_generator(seeds: list[int | str]) -> None:
    assert 0 <= generator(*seeds).random() < 1


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (-1, "Expected `float` >= 0.0"),
        ({"dist": "const", "value": -1}, "const needs a value of at least 0"),
        ({"dist": "uniform", "low": 5, "high": 1}, "uniform needs 0 <= low <= high"),
        ({"dist": "uniform", "low": -1, "high": 1}, "uniform needs 0 <= low <= high"),
        ({"dist": "normal", "mean": 5, "sd": -1}, "normal needs sd >= 0"),
        ({"dist": "exponential", "mean": 0}, "exponential needs a positive mean"),
        ({"dist": "lognormal", "mean": 5}, "mean and cv, or median and sigma"),
        ({"dist": "lognormal", "mean": 5, "cv": 1, "median": 4}, "mean and cv, or median and sigma"),
        ({"dist": "lognormal", "mean": 0, "cv": 1}, "positive mean or median"),
        ({"dist": "lognormal", "median": 5, "sigma": -1}, "a cv or sigma of at least 0"),
        ({"dist": "lognormal", "mean": 5, "cv": 1, "cap": 0}, "positive cap"),
        ({"dist": "quantiles", "p50": 5, "p90": 4, "p99": 9}, "quantiles must not fall"),
        ({"dist": "quantiles", "p50": -5, "p90": 4, "p99": 9}, "quantiles must not fall"),
        ({"dist": "empirical"}, "values or file"),
        ({"dist": "empirical", "values": [1.0], "file": "x"}, "values or file"),
        ({"dist": "empirical", "values": []}, "at least one value"),
        ({"dist": "empirical", "values": [-1.0]}, "none below 0"),
    ],
)
def test_a_draw_that_means_nothing_is_refused(written: object, message: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(written, Draw)
