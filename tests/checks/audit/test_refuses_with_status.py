from harness.checks.audit.check import Terms
from harness.checks.audit.refuses_with_status import CHECK
from harness.transports.ending import Cause
from tests.checks.audit import scenes
from tests.checks.audit.breaking import broken, error_event, finding, questions, refused, state, unreached

ASKED = questions(CHECK)


def test_error_statuses_pass_whatever_the_system_makes_of_the_provider_s() -> None:
    heard = [refused(asked, status) for asked, status in zip(ASKED, (502, 503, 400), strict=True)]
    found = finding(CHECK, heard)
    assert (found.state, found.value) == ("PASS", 0)
    assert "provider says 500 → 502" in found.evidence


def test_a_200_with_an_error_event_fails() -> None:
    heard = [refused(asked, 502) for asked in ASKED[1:]]
    heard.append(broken(ASKED[0], tokens=0, told=error_event()))
    found = finding(CHECK, heard)
    assert (found.state, found.value) == ("FAIL", 1)
    assert "200 with error_event upstream_died" in found.evidence


def test_a_200_with_a_page_or_nothing_fails() -> None:
    page = scenes.heard(
        ASKED[0],
        [(2.0, b"<html>Bad gateway</html>")],
        headers={"content-type": "text/html"},
        ledger=[scenes.ledger_of(ASKED[0], tokens=0)],
    )
    assert state(CHECK, [page]) == "FAIL"
    hung = scenes.heard(
        ASKED[0],
        [],
        status=0,
        ending=Cause.TIMEOUT_HEADERS,
        ends_ms=20_000,
        ledger=[scenes.ledger_of(ASKED[0], tokens=0)],
    )
    assert "no status with timed_out" in finding(CHECK, [hung]).evidence
    assert state(CHECK, [hung]) == "FAIL"


def test_nothing_is_said_where_the_provider_refused_nobody() -> None:
    heard = [scenes.heard(asked, ledger=[scenes.ledger_of(asked, fault="")]) for asked in ASKED]
    assert state(CHECK, heard) == "INCONCLUSIVE"
    assert state(CHECK, [unreached(asked) for asked in ASKED]) == "INCONCLUSIVE"


def test_other_endpoints_are_asked_too() -> None:
    asked = questions(CHECK, Terms(has=frozenset({"whole"})))
    assert [one.endpoint for one in asked] == ["stream", "stream", "stream", "whole"]
