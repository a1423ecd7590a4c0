import pytest

from harness.plan.provider import Change
from mock_provider.timeline import Scales, scales

TIMELINE = [
    Change(at_s=60, ttft_scale=5, over_s=100),
    Change(at_s=30, itl_scale=3),
    Change(at_s=40, itl_scale=1),
]


@pytest.mark.parametrize(
    ("at_s", "expected"),
    [
        (0, Scales(1, 1)),
        (30, Scales(1, 3)),
        (40, Scales(1, 1)),
        (60, Scales(1, 1)),
        (110, Scales(3, 1)),
        (160, Scales(5, 1)),
        (1000, Scales(5, 1)),
    ],
)
def test_steps_spikes_and_ramps_are_reached_when_the_plan_says(at_s: float, expected: Scales) -> None:
    assert scales(TIMELINE, at_s) == expected


def test_without_a_timeline_nothing_changes() -> None:
    assert scales([], 5) == Scales(1, 1)
