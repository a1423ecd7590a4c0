"""Outcomes in words."""

from harness.record import Outcome
from reports.outcomes import WORDS, ordered, parts, sentence


def test_every_outcome_of_a_record_has_words() -> None:
    assert set(WORDS) == {outcome.value for outcome in Outcome}


def test_completed_comes_first_and_unknown_names_last() -> None:
    assert ordered(["zebra", "refused", "reset", "completed"]) == ["completed", "reset", "refused", "zebra"]


def test_outcomes_that_did_not_happen_are_left_out() -> None:
    assert [part.name for part in parts({"completed": 3, "reset": 0})] == ["completed"]


def test_a_sentence_says_how_streams_ended() -> None:
    assert sentence({"reset": 2, "completed": 1058}) == "1,058 completed, 2 reset"
    assert sentence({}) == "no streams"
