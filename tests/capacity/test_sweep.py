"""A soak, an overload, and the soak again."""

import numpy as np
import pytest

from harness.capacity.pace import Pace
from harness.capacity.sweep import is_worse, sweep_plan
from harness.metrics.join import Joined, join
from tests.capacity.probed import CLOSED, OPEN, PACE, searched
from tests.synthetic import Scene


def swept(before: tuple[int, int], after: tuple[int, int]) -> Joined:
    """(streams beyond the objective, streams) of both soaks."""
    made = sweep_plan(searched(), OPEN, 10.0, 11.0, PACE, 130)
    scene = Scene(made)
    start, number = 0.0, 0
    counts = {"up": before, "down": after}
    for phase in made.phases:
        late, n = counts.get(phase.name, (0, 0))
        for place, at_s in enumerate(np.linspace(start, start + phase.duration_s - 2, n)):
            number += 1
            ttft = 900.0 if place < late else 100.0
            scene.stream(number, float(at_s), tokens=5, ttft_ms=ttft, gaps_ms=10.0, phase=phase.name)
        start += phase.duration_s
    scene.seconds_of_host(int(start))
    return join(scene.run())


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        ((0, 130), (0, 130), False), ((1, 130), (5, 130), False), ((6, 130), (10, 130), False),
        ((0, 130), (20, 130), True), ((10, 130), (60, 130), True), ((60, 130), (10, 130), False),
        ((65, 130), (68, 130), False), ((130, 130), (130, 130), False),
        ((10, 5000), (90, 5000), False),  # surely, and by too little to be told
    ],
)  # fmt: skip
def test_a_soak_is_worse_where_chance_does_not_explain_it(
    before: tuple[int, int], after: tuple[int, int], worse: bool
):
    assert is_worse(swept(before, after), 1.0)[0] is worse


def test_streams_that_wait_together_are_worth_less():
    joined = swept((0, 130), (20, 130))
    assert is_worse(joined, 1.0)[0]
    assert not is_worse(joined, 10.0)[0]


def test_a_soak_without_streams_says_nothing_of_the_system():
    worse, told = is_worse(swept((0, 130), (0, 0)), 1.0)
    assert worse is None
    assert told.endswith("nothing is known of the system's recovery")


def test_a_soak_is_four_fifths_of_the_answer_however_small_that_is():
    phases = sweep_plan(searched(), OPEN, 0.5, 0.6, PACE, 130).phases
    assert [phase.load.rate for phase in phases] == pytest.approx([0.4, 0.4, 0.75, 0.75, 0.4, 0.4])
    phases = sweep_plan(searched(), CLOSED, 1, 2, Pace(1, 1), 9).phases
    assert [phase.load.users for phase in phases] == [1, 1, 2, 2, 1, 1]
