import pytest

from harness.checks.audit.bounds_its_queue import CHECK
from harness.checks.audit.check import Heard, Question, Terms
from harness.transports.ending import Cause
from tests.checks.audit import scenes
from tests.checks.audit.breaking import finding, questions, refused, state, unreached

TERMS = Terms(concurrency=4, queue=2)
ASKED = questions(CHECK, TERMS)
SERVED, EXTRA = ASKED[:6], ASKED[6:]
BUSY = {"retry-after": "2"}


def queued(asked: Question) -> Heard:
    """One that waited for another's place."""
    return scenes.heard(asked, [(at + 2_600, data) for at, data in scenes.pieces_of(asked)])


def crowd(extra: list[Heard]) -> list[Heard]:
    return [*map(scenes.heard, SERVED[:4]), *map(queued, SERVED[4:]), *extra]


def test_eight_more_than_there_is_room_for_ask_at_once() -> None:
    assert len(ASKED) == 14
    assert {asked.start_s for asked in ASKED} == {0.0}


@pytest.mark.parametrize("status", [429, 503])
def test_who_finds_no_room_is_told_at_once(status: int) -> None:
    found = finding(CHECK, crowd([refused(asked, status, BUSY) for asked in EXTRA]), TERMS)
    assert (found.state, found.value, found.limit) == ("PASS", 8, 8)
    assert "8 were refused within 1500 ms and 6 served" in found.evidence


def test_a_queue_without_end_fails() -> None:
    found = finding(CHECK, crowd([queued(asked) for asked in EXTRA]), TERMS)
    assert (found.state, found.value) == ("FAIL", 0)
    assert "8 too many were let in" in found.evidence


def test_a_refusal_after_a_long_wait_is_no_bound() -> None:
    late = [refused(asked, 503, BUSY, headers_ms=5_000) for asked in EXTRA]
    assert state(CHECK, crowd(late), TERMS) == "FAIL"


def test_a_user_whose_turn_did_not_come_may_be_refused_late() -> None:
    heard = crowd([refused(asked, 503, BUSY) for asked in EXTRA])
    heard[5] = refused(SERVED[5], 503, BUSY, headers_ms=5_000)
    assert state(CHECK, heard, TERMS) == "PASS"


def test_another_status_or_no_time_to_come_back_fails() -> None:
    unclear = finding(CHECK, crowd([refused(asked, 500, BUSY) for asked in EXTRA]), TERMS)
    assert (unclear.state, "http_500 instead of 429 or 503" in unclear.evidence) == ("FAIL", True)
    timeless = finding(CHECK, crowd([refused(asked, 429) for asked in EXTRA]), TERMS)
    assert (timeless.state, "429 without Retry-After" in timeless.evidence) == ("FAIL", True)


def test_one_who_waits_for_ever_fails() -> None:
    hung = scenes.heard(SERVED[5], [], status=0, ending=Cause.TIMEOUT_HEADERS, ends_ms=20_000, ledger=[])
    heard = crowd([refused(asked, 503, BUSY) for asked in EXTRA])
    heard[5] = hung
    found = finding(CHECK, heard, TERMS)
    assert (found.state, "timed_out timeout_headers" in found.evidence) == ("FAIL", True)


def test_a_wrong_answer_is_judged_elsewhere() -> None:
    heard = crowd([refused(asked, 503, BUSY) for asked in EXTRA])
    garbled = [(30.0, b'data: {"content":"???"}\n\n'), *scenes.pieces_of(SERVED[0])]
    heard[0] = scenes.heard(SERVED[0], garbled)
    assert heard[0].record.outcome == "corrupt"
    assert state(CHECK, heard, TERMS) == "PASS"


def test_users_who_did_not_ask_together_say_nothing() -> None:
    assert state(CHECK, [scenes.heard(asked) for asked in SERVED], TERMS) == "INCONCLUSIVE"
    assert state(CHECK, [], TERMS) == "INCONCLUSIVE"


def test_a_system_that_is_down_is_no_bounded_queue() -> None:
    assert state(CHECK, [unreached(asked) for asked in ASKED], TERMS) != "PASS"


@pytest.mark.parametrize("terms", [Terms(), Terms(concurrency=4), Terms(concurrency=150, queue=100)])
def test_a_system_that_cannot_be_filled_is_not_measured(terms: Terms) -> None:
    assert questions(CHECK, terms) == []
    assert state(CHECK, [], terms) == "NOT MEASURED"
