"""The search as a conversation: a load is offered, a decision comes back."""

import math

import pytest

from harness.capacity.looks import Decision
from harness.capacity.search import Bracket, Search


def converse(search: Search, most: float) -> list[float]:
    """Every load up to `most` passes; returns the loads that were tried."""
    while search.bracket is None:
        search.tell("PASS" if search.load <= most else "FAIL")
    return [probe.load for probe in search.probes]


def test_it_doubles_until_a_failure_and_then_bisects_by_ratios():
    search = Search(1.0)
    loads = converse(search, 10.0)
    assert loads[:5] == [1, 2, 4, 8, 16]
    assert loads[5] == pytest.approx(math.sqrt(8 * 16))
    assert search.bracket is not None
    assert search.bracket.low <= 10.0 < search.bracket.high  # type: ignore[operator]
    assert search.bracket.high / search.bracket.low <= 1.05  # type: ignore[operator]
    assert search.bracket.middle == pytest.approx(10.0, rel=0.05)


def test_a_start_that_fails_is_halved():
    search = Search(64.0)
    assert converse(search, 10.0)[:4] == [64, 32, 16, 8]
    assert search.bracket is not None
    assert search.bracket.ended == "narrow"


def test_nothing_passes():
    search = Search(64.0)
    converse(search, 0.0)
    assert search.bracket is not None
    assert (search.bracket.low, search.bracket.ended) == (None, "nothing passed")


def test_nothing_fails_below_what_may_be_offered():
    search = Search(1.0, most=20.0)
    assert converse(search, math.inf) == [1, 2, 4, 8, 16, 20]
    assert search.bracket == Bracket(20.0, None, "nothing failed")


def test_what_was_expected_is_tried_before_doubling_beyond_it():
    assert converse(Search(4.0, expected=10.0), 9.0)[:3] == [4, 8, 10]


def test_a_pass_close_to_what_was_expected_widens_before_bisecting():
    loads = converse(Search(4.0, expected=10.0), 30.0)
    assert loads[:5] == [4, 8, 10, 20, 40]


def test_an_undecided_load_is_an_upper_edge():
    search = Search(8.0)
    search.tell("PASS")
    search.tell("UNDECIDED")
    assert search.load == pytest.approx(math.sqrt(8 * 16))


def test_where_nothing_could_be_decided_the_answer_lies():
    search = Search(8.0)
    decisions = {8: "PASS", 16: "FAIL"}
    while search.bracket is None:
        load = search.load
        search.tell(decisions.get(load, "PASS" if load < 10 else "UNDECIDED"))  # type: ignore[arg-type]
    assert search.bracket.high == 16
    assert search.bracket.low < 10 < min(search.bracket.edges)  # type: ignore[operator]
    assert search.bracket.middle == pytest.approx(10.5, rel=0.05)


def test_users_are_whole():
    search = Search(1, whole=True, ratio=1.05)
    loads = converse(search, 10)
    assert all(load == round(load) for load in loads)
    assert search.bracket == Bracket(10.0, 11.0, "narrow")


def test_one_user_may_already_be_too_many():
    search = Search(1, whole=True)
    search.tell("FAIL")
    assert search.bracket == Bracket(None, 1.0, "nothing passed")


def test_it_gives_up_after_so_many_probes():
    search = Search(1.0, ratio=1.0000001, probes=6)
    converse(search, 10.0)
    assert search.bracket is not None
    assert search.bracket.ended == "too many probes"
    assert len(search.probes) == 6


@pytest.mark.parametrize(
    ("decisions", "low", "high"),
    [([], None, None), (["PASS"], 8.0, None), (["FAIL"], None, 8.0), (["PASS", "UNDECIDED"], 8.0, 16.0)],
)
def test_one_that_is_stopped_keeps_the_bracket_so_far(
    decisions: list[Decision], low: float | None, high: float | None
):
    search = Search(8.0)
    for decision in decisions:
        search.tell(decision)
    search.stop()
    assert search.bracket is not None
    assert (search.bracket.low, search.bracket.high, search.bracket.ended) == (low, high, "interrupted")


def test_one_that_has_ended_cannot_be_stopped():
    search = Search(1, whole=True)
    search.tell("FAIL")
    search.stop()
    assert search.bracket == Bracket(None, 1.0, "nothing passed")


@pytest.mark.parametrize(
    ("start", "most", "ratio"), [(0.0, 10.0, 1.05), (20.0, 10.0, 1.05), (1.0, 10.0, 1.0)]
)
def test_a_search_that_makes_no_sense_is_refused(start: float, most: float, ratio: float):
    with pytest.raises(ValueError, match="start must be"):
        Search(start, most=most, ratio=ratio)
