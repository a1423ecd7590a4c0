"""The plan of a climb."""

from harness.doctor.climb import climbing
from harness.load.phase_clock import PhaseClock


def test_users_only_ever_grow_and_ask_again_at_once():
    plan = climbing([10, 20, 40], 4.0, 2)
    assert [phase.load.users for phase in plan.phases] == [10, 20, 40]
    assert [phase.load.think_s for phase in plan.phases] == [0.0, 0.0, 0.0]
    assert (plan.workers, plan.duration_s) == (2, 12.0)


def test_the_same_number_twice_makes_two_phases():
    spans = PhaseClock(climbing([10, 10], 4.0, 1).phases, 0).spans
    assert len({phase.name for _, _, phase in spans}) == 2


def test_nothing_is_left_to_drain_as_streams_are_cut_with_the_climb():
    assert climbing([10], 4.0, 1).drain_s == 0.0
