import numpy as np
import pytest

from harness.clock import SECOND
from harness.plan import behaviour
from harness.plan.behaviour import Hazard
from harness.plan.draws import generator
from harness.policies.patience import Patience, borne

WAIT = Hazard(calm_s=2.0, per_s=0.5)
STALL = Hazard(calm_s=1.0, per_s=2.0)
BOTH = behaviour.Patience(wait=WAIT, stall=STALL)


def seconds(runs_out_ns: int | None) -> float:
    assert runs_out_ns is not None
    return runs_out_ns / SECOND


def test_a_silence_shorter_than_calm_costs_no_patience():
    assert borne(WAIT, 2.0) == 0.0
    assert borne(WAIT, 4.0) == pytest.approx(0.5 * 2**2 / 2)
    assert borne(None, 100.0) == 0.0


def test_the_wait_counts_from_when_the_stream_was_wanted():
    # per_s (t - calm)^2 / 2 = 1 at t - calm = 2 s
    assert seconds(Patience(BOTH, 10 * SECOND, 1.0).runs_out_ns(None)) == pytest.approx(14.0)


def test_content_makes_the_wait_a_silence_of_its_own():
    patience = Patience(BOTH, 0, 1.0)
    assert seconds(patience.runs_out_ns(1 * SECOND)) == pytest.approx(1.0 + 1.0 + 1.0)


def test_what_was_borne_before_is_not_forgotten():
    patience = Patience(BOTH, 0, 1.0)
    patience.runs_out_ns(3 * SECOND)  # waited 3 s: a quarter of it is used up
    assert seconds(patience.runs_out_ns(3 * SECOND)) == pytest.approx(3.0 + 1.0 + 0.75**0.5)
    patience.runs_out_ns(round(4.5 * SECOND))  # a stall of 1.5 s: another quarter
    assert seconds(patience.runs_out_ns(None)) == pytest.approx(4.5 + 1.0 + 0.5**0.5)


def test_who_has_borne_more_than_they_would_leaves_at_once():
    patience = Patience(BOTH, 0, 0.1)
    assert seconds(patience.runs_out_ns(9 * SECOND)) == 9.0


def test_without_a_hazard_for_it_nobody_leaves():
    only_wait = Patience(behaviour.Patience(wait=WAIT), 0, 1.0)
    assert only_wait.runs_out_ns(None) is not None
    assert only_wait.runs_out_ns(SECOND) is None
    assert Patience(behaviour.Patience(stall=STALL), 0, 1.0).runs_out_ns(None) is None


def test_drawn_patience_leaves_the_share_that_the_plan_promises():
    rng = generator(7, "patience")
    leaves = [seconds(Patience(BOTH, 0, float(rng.exponential())).runs_out_ns(None)) for _ in range(4000)]
    for t in (3.0, 4.0, 6.0):
        still_there = np.mean(np.array(leaves) > t)
        assert still_there == pytest.approx(np.exp(-0.5 * (t - 2.0) ** 2 / 2), abs=0.03)
