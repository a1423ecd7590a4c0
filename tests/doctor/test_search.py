"""Where the search looks next, and what it makes of what it sees."""

from typing import Any

import pytest

from harness.doctor.reading import Reading
from harness.doctor.search import Bracket, bracket, finer, lower, merged


def reading(streams: int, **worse: Any) -> Reading:
    good = {
        "streams": streams, "events_s": streams * 50.0, "failed": 0, "ttft_n": 100,
        "known_answer_p50_ms": 0.01, "known_answer_p99_ms": 0.1, "stamp_error_p50_ms": 0.003,
        "stamp_error_p99_ms": 0.02, "merged_stamps": 0.0, "dispatch_delay_p50_ms": 0.5,
        "dispatch_delay_p99_ms": 3.0, "loop_lag_p99_ms": 2.0, "loop_lag_max_ms": 9.0, "cpu": 0.4,
        "emitter_late_p99_ms": 1.5,
    }  # fmt: skip
    return Reading(**{**good, **worse})


def bad(streams: int) -> Reading:
    return reading(streams, cpu=0.97)


def test_a_reading_within_all_limits_breaks_none():
    assert reading(100).broken() == []


@pytest.mark.parametrize(
    ("worse", "id"),
    [
        ({"failed": 1}, "failed"),
        ({"known_answer_p99_ms": 2.1}, "known_answer_p99_ms"),
        ({"stamp_error_p99_ms": 1.1}, "stamp_error_p99_ms"),
        ({"merged_stamps": 0.06}, "merged_stamps"),
        ({"dispatch_delay_p50_ms": 11.0}, "dispatch_delay_p50_ms"),
        ({"dispatch_delay_p99_ms": 101.0}, "dispatch_delay_p99_ms"),
        ({"loop_lag_p99_ms": 26.0}, "loop_lag_p99_ms"),
        ({"loop_lag_max_ms": 200.0}, "loop_lag_max_ms"),
        ({"cpu": 0.91}, "cpu"),
        ({"emitter_late_p99_ms": 26.0}, "emitter_late_p99_ms"),
        ({"stamp_error_p99_ms": float("nan")}, "stamp_error_p99_ms"),
    ],
)
def test_each_quantity_has_its_limit_and_what_was_not_measured_breaks_it(worse, id):
    assert [limit.id for limit in reading(100, **worse).broken()] == [id]


def test_the_bracket_is_the_last_good_step_and_the_first_of_two_broken_ones():
    found = bracket([reading(100), reading(200), bad(400), bad(700)])
    assert found == Bracket(reading(200), bad(400))
    assert [limit.id for limit in found.limits] == ["cpu"]


def test_a_broken_last_step_ends_the_climb_too():
    assert bracket([reading(100), bad(200)]) == Bracket(reading(100), bad(200))


def test_a_single_broken_step_below_a_good_one_was_not_the_load():
    assert bracket([reading(100), bad(200), reading(400)]) == Bracket(reading(400), None)


def test_a_good_step_after_two_broken_ones_is_luck():
    found = bracket([reading(100), bad(200), bad(300), reading(400)])
    assert found == Bracket(reading(100), bad(200))


def test_nothing_good_leaves_no_best():
    assert bracket([bad(100), bad(200)]) == Bracket(None, bad(100))


def test_a_second_climb_divides_the_bracket_and_includes_its_ends():
    assert finer(Bracket(reading(400), bad(800))) == [400, 500, 600, 700, 800]
    assert finer(Bracket(None, bad(100))) == [25, 50, 75, 100]


def test_a_bracket_that_is_open_or_narrow_is_not_divided():
    assert finer(Bracket(reading(800), None)) == []
    assert finer(Bracket(reading(400), bad(440))) == []


def test_the_second_climb_decides_and_falls_back_on_the_first():
    first = Bracket(reading(400), bad(800))
    assert merged(first, Bracket(reading(600), bad(700))) == Bracket(reading(600), bad(700))
    assert merged(first, Bracket(reading(800), None)) == Bracket(reading(800), bad(800))
    assert merged(first, Bracket(None, bad(400))) == Bracket(reading(400), bad(400))


def test_what_could_not_be_held_is_tried_lower():
    assert lower(reading(1000)) == 850
