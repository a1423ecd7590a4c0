"""The checks of what a system does when it is refused: it asks again, politely, a bounded number of times."""

import pytest

from harness.checks.audit.check import Heard, Question, Terms
from harness.checks.audit.retries_before_the_first_token import CHECK as RETRIES
from harness.checks.audit.retries_politely import CHECK as POLITELY
from tests.checks.audit import scenes
from tests.checks.audit.breaking import finding, questions, refused, state, unreached
from tests.checks.audit.scenes import MS

NONE = Terms(retries=0)
CASES = {asked.name: asked for asked in questions(POLITELY)}
LIMITED = CASES["limited once for 2 s"]


def tries(asked: Question, *at_s: float, whole: bool = False) -> Heard:
    """Attempts at these times, each refused at once; the last gave a `whole` answer."""
    rows = []
    for seconds in at_s:
        row = scenes.ledger_of(asked, tokens=0, ended_by="fault", terminal_ns=None)
        row.received_ns = round(seconds * 1000 * MS)
        row.closed_ns = row.received_ns + 1_000_000
        rows.append(row)
    if whole:
        rows[-1] = scenes.ledger_of(asked, fault="", received_ns=rows[-1].received_ns)
        return scenes.heard(asked, ledger=rows)
    return refused(asked, 429, ledger=rows)


def test_a_second_attempt_that_saves_the_answer_passes() -> None:
    found = finding(RETRIES, [tries(asked, 0, 0.3, whole=True) for asked in questions(RETRIES)])
    assert (found.state, found.value) == ("PASS", 0)
    assert "503 once: whole at attempt 2" in found.evidence


def test_a_failure_that_reaches_the_user_fails() -> None:
    once, reset = questions(RETRIES)
    found = finding(RETRIES, [refused(once, 502), tries(reset, 0, 0.3, whole=True)])
    assert (found.state, found.value) == ("FAIL", 1)
    assert "503 once: refused at attempt 1" in found.evidence


def test_a_system_that_declares_no_retries_is_not_asked() -> None:
    assert questions(RETRIES, NONE) == []
    assert state(RETRIES, [], NONE) == "NOT MEASURED"


def test_where_the_provider_failed_nobody_nothing_is_said() -> None:
    clean = [scenes.heard(asked, ledger=[scenes.ledger_of(asked, fault="")]) for asked in questions(RETRIES)]
    assert state(RETRIES, clean) == "INCONCLUSIVE"
    assert state(RETRIES, [unreached(asked) for asked in questions(RETRIES)]) == "INCONCLUSIVE"


@pytest.mark.parametrize("terms", [Terms(), NONE])
def test_passing_every_refusal_on_is_polite(terms: Terms) -> None:
    found = finding(POLITELY, [tries(asked, 0) for asked in questions(POLITELY)], terms)
    assert (found.state, found.value) == ("PASS", 1)


def test_waiting_as_long_as_was_asked_for_is_polite() -> None:
    heard = [tries(LIMITED, 0, 2.2, whole=True), tries(CASES["limited for 1 s each time"], 0, 1.05, 2.2)]
    assert state(POLITELY, heard) == "PASS"


def test_coming_back_too_early_fails() -> None:
    found = finding(POLITELY, [tries(LIMITED, 0, 0.5, whole=True)])
    assert found.state == "FAIL"
    assert "asked again after 0.50 s instead of 2 s" in found.evidence


def test_any_early_attempt_counts() -> None:
    assert state(POLITELY, [tries(CASES["limited for 1 s each time"], 0, 1.1, 1.2)]) == "FAIL"


def test_more_attempts_than_declared_fail() -> None:
    asked = CASES["failing for ever"]
    assert state(POLITELY, [tries(asked, 0, 0.2, 0.6)]) == "PASS"
    found = finding(POLITELY, [tries(asked, 0, 0.2, 0.6, 0.8)])
    assert (found.state, found.value, found.limit) == ("FAIL", 4, 3)
    assert state(POLITELY, [tries(asked, 0, 0.2)], NONE) == "FAIL"


@pytest.mark.parametrize("name", ["account out of quota", "prompt too long"])
def test_asking_again_where_that_cannot_help_fails(name: str) -> None:
    found = finding(POLITELY, [tries(CASES[name], 0, 0.5)])
    assert "asked 2 times, which cannot help" in found.evidence
    assert found.state == "FAIL"


def test_where_the_provider_refused_nobody_nothing_is_said() -> None:
    clean = [scenes.heard(asked, ledger=[scenes.ledger_of(asked, fault="")]) for asked in CASES.values()]
    assert state(POLITELY, clean) == "INCONCLUSIVE"
    assert state(POLITELY, [unreached(asked) for asked in CASES.values()]) == "INCONCLUSIVE"
