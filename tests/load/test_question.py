"""One stream over its attempts, its answers fed by hand."""

from typing import Any

import msgspec
import pytest

from harness.answer import token
from harness.clock import SECOND
from harness.load.question import Question
from harness.load.session import Session
from harness.load.wiring import Wiring
from harness.plan.plan import Plan
from harness.record import Outcome, StreamRecord
from harness.transports.ending import Cause
from tests.transports.answers import HEAD, LAST, chunk, done, event

RETRY = {"first_s": 0.5, "jitter": "none", "attempts": 3}
RESUME = {"retry": RETRY, "resume": True}


def question(behaviour: dict[str, Any], seed: int = 7) -> Question:
    phase = {"name": "p", "duration_s": 60, "load": {"users": 1}, "behaviour": behaviour}
    plan = msgspec.convert({"name": "test", "seed": seed, "phases": [phase]}, Plan)
    session = Session(plan, Wiring(url="http://127.0.0.1:1"), "", 0, True)
    session.kernel.close()  # nothing is read from a socket here
    return Question(
        session, plan.phases[0], 1, name="chat", model=None, prompt="hi", max_tokens=None,
        intended_ns=10 * SECOND, dispatched_ns=10 * SECOND,
    )  # fmt: skip


def attempt(
    asked: Question, *tokens: int, cause: Cause = Cause.RESET, whole: int | None = None
) -> StreamRecord:
    """One attempt that brings `tokens`, each with its number as event id, and then ends."""
    record = asked.begin(20 * SECOND)
    record.sent_ns = 20 * SECOND
    reception = asked.reception()
    data = HEAD + b"".join(
        chunk(f"id: {number + 1}\n".encode() + event(content=token(7, asked.stream, number)))
        for number in tokens
    )
    data += chunk(done(whole)) + LAST if whole is not None else b""
    ending = reception.feed(data, 21 * SECOND, 0) or cause
    reception.settle(ending, 22 * SECOND, asked._session.dialect)
    asked.settled()
    return record


def test_users_ask_once_unless_the_plan_says_otherwise():
    asked = question({})
    assert attempt(asked, 0, 1).outcome is Outcome.RESET
    assert asked.next_wait_s() is None
    assert (asked.ask().answer_id, asked.ask().last_event_id) == ("", "")


def test_a_broken_answer_is_gone_on_with_and_counted_as_one():
    asked = question(RESUME)
    id = asked.ask().answer_id
    first = attempt(asked, 0, 1, 2)
    assert asked.next_wait_s() == 0.5
    assert (asked.ask().answer_id, asked.ask().last_event_id) == (id, "3")
    second = attempt(asked, 3, 4, whole=5)
    assert (first.attempt, first.resumed_from, first.tokens) == (1, None, 3)
    assert (second.attempt, second.resumed_from, second.tokens) == (2, 3, 2)
    assert (second.outcome, second.detail) == (Outcome.COMPLETED, "resumed_ok")
    assert (second.stream, second.intended_ns) == (first.stream, first.intended_ns)
    assert asked.next_wait_s() is None


def test_a_system_that_repeats_and_leaves_out_is_caught_in_the_attempt_that_did():
    asked = question(RESUME)
    first = attempt(asked, 0, 1, 2)
    asked.next_wait_s()
    second = attempt(asked, 1, 2, 4, whole=5)
    assert (first.duplicated, first.lost) == (0, 0)
    assert (second.duplicated, second.lost) == (2, 1)
    assert (second.outcome, second.detail) == (Outcome.CORRUPT, "resumed_corrupt")


def test_a_hole_that_going_on_fills_is_no_loss():
    asked = question(RESUME)
    attempt(asked, 0, 2, cause=Cause.RESET)
    asked._resumes = True  # a corrupt answer is not asked for again; a user of another kind may
    second = attempt(asked, 1, 3, whole=4)
    assert second.lost == 0


def test_an_answer_that_claims_more_than_all_attempts_brought_is_short():
    asked = question(RESUME)
    attempt(asked, 0, 1)
    asked.next_wait_s()
    assert attempt(asked, 2, whole=4).detail == "short_text"


def test_without_resuming_every_attempt_begins_an_answer_of_its_own():
    asked = question({"retry": RETRY})
    attempt(asked, 0, 1, 2)
    assert asked.next_wait_s() == 0.5
    second = attempt(asked, 0, 1, whole=2)
    assert (second.resumed_from, second.duplicated, second.tokens) == (None, 0, 2)
    assert (second.outcome, second.detail) == (Outcome.COMPLETED, "retried_ok")


def test_an_error_that_was_said_ends_the_answer_and_the_next_has_another_id():
    asked = question(RESUME)
    id = asked.ask().answer_id
    asked.begin(20 * SECOND)
    reception = asked.reception()
    error = event(error={"type": "x", "message": "y"})
    reception.feed(HEAD + chunk(event(content=token(7, asked.stream, 0))) + chunk(error) + LAST, SECOND, 0)
    reception.settle(Cause.HTTP_END, 2 * SECOND, asked._session.dialect)
    asked.settled()
    assert asked.next_wait_s() == 0.5
    assert asked.ask().answer_id != id
    assert asked.ask().last_event_id == ""
    assert attempt(asked, 0, whole=1).detail == "retried_ok"


def test_after_the_last_attempt_users_give_up():
    asked = question(RESUME)
    waits = []
    for _ in range(3):
        attempt(asked, cause=Cause.RESET)
        waits.append(asked.next_wait_s())
    assert waits == [0.5, 1.0, None]


def test_patience_lasts_over_all_attempts():
    asked = question({"retry": RETRY, "patience": {"wait": {"calm_s": 5, "per_s": 1}}})
    left_s = asked.patience_left_s(10 * SECOND)
    assert left_s is not None
    assert left_s > 5
    assert asked.patience_left_s(12 * SECOND) == pytest.approx(left_s - 2)
    assert asked.patience_left_s(999 * SECOND) == 0.0
    assert question({}).patience_left_s(999 * SECOND) is None


def test_the_same_seed_draws_the_same_user():
    behaviour = {"retry": {"jitter": "full"}, "patience": {"wait": {"calm_s": 5, "per_s": 1}}}
    left = [question(behaviour, seed).patience_left_s(10 * SECOND) for seed in (7, 7, 8)]
    assert left[0] == left[1] != left[2]


def test_an_answer_in_one_piece_is_asked_for_at_its_own_place_and_only_its_end_is_limited():
    phase = {"name": "p", "duration_s": 60, "load": {"users": 1}, "streamed": False}
    plan = msgspec.convert({"name": "test", "phases": [phase]}, Plan)
    session = Session(plan, Wiring(url="http://127.0.0.1:1"), "", 0, True)
    session.kernel.close()
    asked = Question(
        session, plan.phases[0], 1, name="chat", model=None, prompt="hi", max_tokens=None,
        intended_ns=10 * SECOND, dispatched_ns=10 * SECOND,
    )  # fmt: skip
    request, limits = asked.request(), asked.limits
    assert (request.method, request.path) == ("POST", "/api/chat")
    assert request.headers["accept"] == "application/json"
    assert (limits.headers_s, limits.first_content_s, limits.idle_s) == (300, 300, 20)
    session.aim(msgspec.structs.replace(plan.target, dialect="openai", whole_path="/batch"), "")
    asked_elsewhere = asked.request()
    assert asked_elsewhere.path == "/batch"
    assert b'"stream"' not in asked_elsewhere.body
