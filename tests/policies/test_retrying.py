import numpy as np
import pytest

from harness.plan.behaviour import Behaviour, Retry
from harness.plan.draws import generator
from harness.policies.retrying import Again, Budget, next_attempt, step_s, wait_s
from harness.record import Outcome, StreamRecord

PLAIN = Retry(attempts=4, first_s=0.5, factor=2.0, max_s=3.0, jitter="none")
NO_LIMIT = Budget(None)


def ended(outcome: Outcome, attempt: int = 1, **fields: object) -> StreamRecord:
    return StreamRecord(stream=1, intended_ns=0, outcome=outcome, attempt=attempt, **fields)


def decide(record: StreamRecord, retry: Retry | None = PLAIN, resumed: bool = False, **behaviour: object):
    return next_attempt(record, Behaviour(retry=retry, **behaviour), lambda: generator(7), NO_LIMIT, resumed)


def test_waits_double_up_to_their_limit():
    assert [step_s(PLAIN, attempt) for attempt in range(1, 6)] == [0.5, 1.0, 2.0, 3.0, 3.0]


@pytest.mark.parametrize(("jitter", "low", "high"), [("full", 0.0, 2.0), ("equal", 1.0, 2.0)])
def test_jitter_spreads_a_wait_over_all_that_its_kind_allows(jitter, low, high):
    retry = Retry(first_s=0.5, jitter=jitter)
    rng = generator(7, "jitter")
    waits = [wait_s(ended(Outcome.RESET, 3), retry, rng) for _ in range(4000)]
    assert low <= min(waits) < low + 0.01
    assert high - 0.01 < max(waits) <= high
    assert np.mean(waits) == pytest.approx((low + high) / 2, abs=0.03)


def test_the_same_seed_draws_the_same_waits():
    retry = Retry()
    waits = [[wait_s(ended(Outcome.RESET), retry, generator(7, 3)) for _ in range(3)] for _ in range(2)]
    assert waits[0] == waits[1]


def test_retry_after_is_obeyed_and_the_jitter_is_on_top_of_it():
    limited = ended(Outcome.RATE_LIMITED, status=429, retry_after_s=7.0)
    assert decide(limited) == Again(7.5, False)
    assert decide(limited, Retry(first_s=0.5, jitter="none", obey_retry_after=False)) == Again(0.5, False)


@pytest.mark.parametrize(
    "outcome", ["refused", "rate_limited", "error_event", "reset", "truncated", "stalled", "timed_out"]
)
def test_every_failure_is_retried_unless_the_plan_names_others(outcome):
    record = ended(Outcome(outcome))
    other = "reset" if outcome != "reset" else "stalled"
    assert decide(record) == Again(0.5, False)
    assert decide(record, Retry(on=[other])) == "not retried"
    assert decide(record, None) == "not retried"


@pytest.mark.parametrize("outcome", ["completed", "cancelled", "abandoned", "interrupted", "not_started"])
def test_who_has_the_answer_or_has_left_does_not_ask_again(outcome):
    assert decide(ended(Outcome(outcome))) == "over"


def test_a_corrupt_answer_is_not_asked_for_again():
    assert decide(ended(Outcome.CORRUPT)) == "not retried"


@pytest.mark.parametrize(
    ("status", "again"), [(None, True), (408, True), (500, True), (503, True), (400, False), (404, False)]
)
def test_a_refusal_is_retried_where_it_may_pass(status, again):
    assert (decide(ended(Outcome.REFUSED, status=status)) == Again(0.5, False)) is again


def test_after_the_last_attempt_users_give_up():
    assert decide(ended(Outcome.RESET, 3)) == Again(2.0, False)
    assert decide(ended(Outcome.RESET, 4)) == "attempts"


def test_a_lost_connection_goes_on_and_an_error_that_was_said_begins_anew():
    assert decide(ended(Outcome.RESET), resume=True) == Again(0.5, True)
    assert decide(ended(Outcome.REFUSED), resume=True) == Again(0.5, True)
    assert decide(ended(Outcome.ERROR_EVENT), resume=True) == Again(0.5, False)


@pytest.mark.parametrize("status", [404, 409, 410, 501])
def test_where_a_system_cannot_go_on_its_user_begins_anew(status):
    record = ended(Outcome.REFUSED, 2, status=status)
    assert decide(record, resumed=True, resume=True) == Again(1.0, False)
    if status < 500:
        assert decide(record, resumed=False, resume=True) == "not retried"


def test_a_budget_allows_its_share_of_the_streams_begun_after_what_was_saved():
    budget = Budget(0.1)
    assert sum(budget.take() for _ in range(100)) == 10
    for _ in range(50):
        budget.stream_begun()
    assert sum(budget.take() for _ in range(100)) == pytest.approx(5, abs=1)


def test_without_budget_left_users_give_up():
    budget = Budget(0.1)
    while budget.take():
        pass
    behaviour = Behaviour(retry=PLAIN)
    assert next_attempt(ended(Outcome.RESET), behaviour, lambda: generator(7), budget, False) == "budget"


def test_who_gives_up_takes_nothing_from_the_budget():
    budget = Budget(0.1)
    for _ in range(50):
        next_attempt(ended(Outcome.RESET, 4), Behaviour(retry=PLAIN), lambda: generator(7), budget, False)
    assert budget.take()
