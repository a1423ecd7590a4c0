"""The early-stopping table, number for number, and how often the rule errs."""

import numpy as np
import pytest

from harness.capacity.looks import STRICT, Look, decide, looks, needed


@pytest.mark.parametrize(
    ("p", "sure", "table"),
    [
        (0.95, 0.99, [(130, 1, 14), (398, 10, 32), (656, 20, 47)]),
        (0.95, STRICT, [(130, 0, 15), (398, 8, 34), (656, 18, 50)]),
        (0.99, 0.99, [(662, 1, 14), (2010, 10, 32), (3304, 20, 48)]),
        (0.99, STRICT, [(662, 0, 16), (2010, 8, 34), (3304, 17, 51)]),
    ],
)
def test_the_three_looks_are_those_of_the_table(p: float, sure: float, table: list[tuple[int, int, int]]):
    assert looks(p, sure) == tuple(Look(*row) for row in table)


@pytest.mark.parametrize(
    ("p", "sizes"),
    [
        (0.90, [44, 64, 127, 197, 325]),
        (0.95, [90, 130, 259, 398, 656]),
        (0.99, [459, 662, 1307, 2010, 3304]),
    ],
)
def test_so_many_streams_let_so_many_be_over(p: float, sizes: list[int]):
    assert [needed(p, over) for over in (0, 1, 5, 10, 20)] == sizes


def test_the_decision_at_a_look_is_the_tables():
    assert [decide(130 - over, over, 0.95) for over in (1, 2, 13, 14)] == [
        "PASS",
        "UNDECIDED",
        "UNDECIDED",
        "FAIL",
    ]


def test_dependent_streams_need_more_of_them():
    assert decide(129, 1, 0.95, inflation=10) == "UNDECIDED"
    assert decide(1290, 10, 0.95, inflation=10) == "PASS"
    assert decide(1300 - 130, 130, 0.95, inflation=10) == "UNDECIDED"
    assert decide(1300 - 140, 140, 0.95, inflation=10) == "FAIL"


def test_nothing_seen_decides_nothing():
    assert decide(0, 0, 0.95) == "UNDECIDED"


def decided(miss: float, rng: np.random.Generator) -> str:
    sizes = [look.n for look in looks(0.95)]
    over = rng.random(sizes[-1]) < miss
    for n in sizes:
        decision = decide(n - int(over[:n].sum()), int(over[:n].sum()), 0.95)
        if decision != "UNDECIDED":
            return decision
    return "UNDECIDED"


@pytest.mark.parametrize(
    ("miss", "decision", "low", "high"),
    [(0.05, "PASS", 0.0, 0.03), (0.025, "PASS", 0.85, 1.0), (0.10, "FAIL", 0.99, 1.0)],
)
def test_ten_thousand_probes_err_as_rarely_as_promised(miss: float, decision: str, low: float, high: float):
    rng = np.random.default_rng(7)
    share = sum(decided(miss, rng) == decision for _ in range(10_000)) / 10_000
    assert low <= share <= high


def test_a_small_share_passes_on_few_streams_and_may_never_fail():
    assert looks(0.05)[0] == Look(3, 1, 4)
    assert decide(0, 3, 0.05) == "UNDECIDED"
