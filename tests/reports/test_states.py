"""Which checks a reader sees first."""

import msgspec

from harness.summary import CheckResult, State
from reports.states import STATES, broken, by_phase, kept
from tests.reports.examples import demo


def check(id: str, state: State, phase: str = "") -> CheckResult:
    return CheckResult(id=id, phase=phase, state=state, promise="p", evidence="e")


CHECKS = [
    check("a", "PASS", "steady"),
    check("b", "INCONCLUSIVE", "recovery"),
    check("c", "FAIL", "recovery"),
    check("d", "INVALID", "steady"),
    check("e", "NOT MEASURED"),
    check("f", "PASS", "warm-up"),
]
SUMMARY = msgspec.structs.replace(demo(), checks=CHECKS)


def test_broken_ones_come_by_severity_and_kept_ones_apart() -> None:
    assert [c.id for c in broken(SUMMARY)] == ["d", "c", "b"]
    assert [c.id for c in kept(SUMMARY)] == ["e", "a", "f"]


def test_phases_with_the_worst_come_first_then_the_order_of_the_run() -> None:
    assert [(phase, [c.id for c in group]) for phase, group in by_phase(SUMMARY)] == [
        ("steady", ["d", "a"]),
        ("recovery", ["c", "b"]),
        ("", ["e"]),
        ("warm-up", ["f"]),
    ]


def test_no_two_states_of_a_check_look_the_same() -> None:
    marks = [STATES[state] for state in ("PASS", "FAIL", "INCONCLUSIVE", "INVALID", "NOT MEASURED")]
    assert len(set(marks)) == len({mark for _, mark in marks}) == 5
