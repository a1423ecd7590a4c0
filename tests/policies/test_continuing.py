import pytest

from harness.policies.continuing import Continuing, call_detail
from harness.record import Outcome, StreamRecord


def test_an_answer_keeps_its_id_over_attempts_and_remembers_how_far_it_came():
    answer = Continuing(stream=5, run="a1")
    first = answer.id
    answer.heard(12, "12")
    answer.heard(0, "")  # an attempt that got nothing
    assert (answer.id, answer.last_event, answer.tokens) == (first, "12", 12)
    answer.heard(3, "15")
    assert (answer.last_event, answer.tokens) == ("15", 15)


def test_beginning_anew_is_another_answer_without_a_past():
    answer = Continuing(stream=5, run="a1")
    first = answer.id
    answer.heard(12, "12")
    answer.anew()
    assert answer.id != first
    assert (answer.last_event, answer.tokens) == ("", 0)


@pytest.mark.parametrize(
    ("outcome", "detail", "attempt", "resumed", "called"),
    [
        ("completed", "complete", 1, False, "complete"),
        ("completed", "complete", 2, False, "retried_ok"),
        ("completed", "complete", 2, True, "resumed_ok"),
        ("corrupt", "corrupt", 3, True, "resumed_corrupt"),
        ("corrupt", "corrupt", 3, False, "corrupt"),
        ("corrupt", "malformed", 3, True, "malformed"),
        ("reset", "reset", 3, True, "reset"),
    ],
)
def test_a_call_that_needed_several_attempts_says_how_it_ended(outcome, detail, attempt, resumed, called):
    record = StreamRecord(stream=1, intended_ns=0, attempt=attempt, outcome=Outcome(outcome), detail=detail)
    assert call_detail(record, resumed) == called
