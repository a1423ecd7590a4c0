import pytest

from harness.checks.audit.check import Heard, Question, Terms
from harness.checks.audit.frees_on_abort import CHECK
from harness.transports.ending import Cause
from tests.checks.audit import scenes
from tests.checks.audit.breaking import finding, left, questions, refused, state, unreached

TERMS = Terms(concurrency=4)
ASKED = questions(CHECK, TERMS)
LEAVERS = [asked for asked in ASKED if asked.leave is not None]
FRESH = [asked for asked in ASKED if asked.leave is None]


def late(asked: Question, by_ms: float) -> Heard:
    row = scenes.ledger_of(asked, received_ns=round(by_ms * scenes.MS))
    return scenes.heard(asked, [(at + by_ms, data) for at, data in scenes.pieces_of(asked)], ledger=[row])


def test_users_leave_in_mid_answer_and_before_it_and_then_every_place_is_asked_for() -> None:
    assert len(FRESH) == 4
    assert [asked.leave.before_first for asked in LEAVERS if asked.leave] == [False, False, True, True]
    over_s = max(scenes.due_ms(asked, asked.tokens) for asked in LEAVERS) / 1000
    assert min(asked.start_s for asked in FRESH) > over_s


def test_all_served_at_once_pass() -> None:
    found = finding(CHECK, [*map(left, LEAVERS), *map(scenes.heard, FRESH)], TERMS)
    assert (found.state, found.value) == ("PASS", 0)
    assert "After 4 users had left, 4 of 4 fresh streams were served at once" in found.evidence


def test_one_that_waits_for_another_s_end_fails() -> None:
    heard = [*map(left, LEAVERS), *map(scenes.heard, FRESH[1:]), late(FRESH[0], 3_100)]
    found = finding(CHECK, heard, TERMS)
    assert (found.state, found.value, found.unit) == ("FAIL", 3_100, "ms")
    assert "1 waited for a place" in found.evidence


def test_a_slow_machine_is_no_leak() -> None:
    heard = [*map(left, LEAVERS), *(late(asked, 900) for asked in FRESH)]
    assert state(CHECK, heard, TERMS) == "PASS"


def test_a_path_that_collects_is_no_leak() -> None:
    def collected(asked: Question) -> Heard:
        text = b"".join(data for _, data in scenes.pieces_of(asked))
        return scenes.heard(asked, [(4_000.0, text)])

    assert state(CHECK, [*map(left, LEAVERS), *map(collected, FRESH)], TERMS) == "PASS"


@pytest.mark.parametrize("status", [429, 503])
def test_one_that_is_refused_or_hears_nothing_fails(status: int) -> None:
    heard = [*map(left, LEAVERS), *map(scenes.heard, FRESH[1:])]
    assert "1 were refused" in finding(CHECK, [*heard, refused(FRESH[0], status)], TERMS).evidence
    hung = scenes.heard(FRESH[0], [], status=0, ending=Cause.TIMEOUT_HEADERS, ends_ms=20_000, ledger=[])
    assert "1 got nothing" in finding(CHECK, [*heard, hung], TERMS).evidence
    assert state(CHECK, [*heard, refused(FRESH[0], status)], TERMS) == "FAIL"
    assert state(CHECK, [*heard, hung], TERMS) == "FAIL"


def test_where_nobody_left_nothing_is_said() -> None:
    assert state(CHECK, [unreached(asked) for asked in ASKED], TERMS) == "INCONCLUSIVE"


@pytest.mark.parametrize("terms", [Terms(), Terms(concurrency=10_000)])
def test_a_system_that_cannot_be_filled_is_not_measured(terms: Terms) -> None:
    assert questions(CHECK, terms) == []
    assert state(CHECK, [], terms) == "NOT MEASURED"


def test_a_system_with_one_place_can_be_asked_too() -> None:
    asked = questions(CHECK, Terms(concurrency=1))
    assert [one.leave is not None for one in asked] == [True, False]
