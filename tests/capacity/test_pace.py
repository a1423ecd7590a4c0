"""What a search knows of its streams before it has seen one, and after."""

from typing import Any

import pytest

from harness.capacity.pace import Pace, enough, expected, learned
from harness.capacity.probe import PROBE, template
from harness.plan.plan import Plan
from tests.capacity.probed import PACE, probed, searched


def answering(model: str = "m", max_tokens: int | None = None, **profile: Any) -> Plan:
    return searched(
        target={"dialect": "generic", "model": model, "max_tokens": max_tokens},
        provider={"models": {"m": profile}},
    )


def pace(plan: Plan, users: bool = False) -> Pace:
    return expected(plan, template(plan), users)


@pytest.mark.parametrize(
    ("plan", "stream_s"),
    [
        (answering(ttft_ms=500, itl_ms=20, output_tokens=101), 2.5),
        (answering(ttft_ms=500, itl_ms=20, output_tokens=101, reasoning_tokens=50), 3.5),
        (answering(ttft_ms=500, itl_ms=20, output_tokens=1000, max_tokens=101), 2.5),
        (answering(model="m+ttft=1500+out=51", ttft_ms=500, itl_ms=20, output_tokens=101), 2.5),
        (answering(output_tokens=25, batch={"step_ms": 20}), 0.5),
        (answering(ttft_ms=0, itl_ms=10, output_tokens=101, slow={"enter": 0.1, "factor": 3}), 2.0),
        (answering(ttft_ms=0, itl_ms=0, output_tokens=1), 0.05),
        (answering(ttft_ms=0, itl_ms=1000, output_tokens=100_000), 300.0),
    ],
    ids=["gaps", "reasoning", "cap", "name", "batch", "slow phases", "at once", "users wait no longer"],
)  # fmt: skip
def test_the_plans_model_tells_how_long_a_stream_takes(plan: Plan, stream_s: float):
    assert pace(plan) == Pace(pytest.approx(stream_s), 1.0)


def test_drawn_lengths_and_times_count_with_their_means():
    drawn = answering(
        ttft_ms={"dist": "lognormal", "mean": 400, "cv": 0.5},
        itl_ms={"dist": "exponential", "mean": 10},
        output_tokens={"dist": "uniform", "low": 50, "high": 151},
    )
    assert pace(drawn).stream_s == pytest.approx(1.4, rel=0.05)


def test_users_stream_and_think_by_turns():
    plan = searched(
        provider={"models": {"m": {"ttft_ms": 500, "itl_ms": 20, "output_tokens": 101}}},
        load={"users": 4, "think_s": 1.5},
    )
    assert pace(plan, users=True).streams_per_load == pytest.approx(1 / 4.0)


@pytest.mark.parametrize("plan", [searched(provider=None), answering("m+what=1")])
def test_without_a_model_it_is_a_guess_and_says_so(plan: Plan):
    assert pace(plan, users=True) == Pace(2.0, pytest.approx(1 / 3, rel=0.01), guessed=True)
    assert pace(plan) == Pace(2.0, 1.0, guessed=True)


def test_a_probe_teaches_what_its_streams_did_however_they_ended():
    calm, refused = (learned(PACE, probed(200, failing=n), PROBE, 5.0) for n in (0, 150))
    assert calm.stream_s == pytest.approx(0.31, abs=0.03)
    assert calm.streams_per_load == refused.streams_per_load == pytest.approx(1.0)


def test_a_probe_without_a_stream_teaches_nothing_but_that_it_is_over():
    assert learned(Pace(4.0, 0.2, guessed=True), probed(0), PROBE, 5.0) == Pace(4.0, 0.2)


@pytest.mark.parametrize(
    ("stream_s", "wanted", "sufficient"), [(0.3, 130, True), (0.3, 201, False), (5.0, 130, False)]
)
def test_a_guessed_length_was_enough_for_its_streams_and_for_their_length(
    stream_s: float, wanted: int, sufficient: bool
):
    assert enough(Pace(stream_s, 1.0), probed(200, seconds=40.0), PROBE, wanted) is sufficient
