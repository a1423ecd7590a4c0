import pytest

from harness.checks.audit.check import Terms
from harness.checks.audit.passes_rate_limit_on import CHECK
from tests.checks.audit import scenes
from tests.checks.audit.breaking import broken, error_event, finding, questions, refused, state, unreached

(ASKED,) = questions(CHECK)


@pytest.mark.parametrize("said", ["30", "29", "45", "Wed, 21 Oct 2100 07:28:00 GMT"])
def test_429_with_the_time_to_wait_passes(said: str) -> None:
    found = finding(CHECK, [refused(ASKED, 429, {"retry-after": said})])
    assert (found.state, found.value) == ("PASS", 0)


def test_what_the_system_waited_itself_may_be_taken_off() -> None:
    one = refused(ASKED, 429, {"retry-after": "10"}, headers_ms=20_100)
    assert one.ledger[-1].closed_ns is not None
    assert one.ledger[-1].closed_ns < 1e9
    assert state(CHECK, [one]) == "PASS"


@pytest.mark.parametrize(
    ("status", "headers", "says"),
    [
        (429, {}, "no Retry-After"),
        (429, {"retry-after": "1"}, "Retry-After 1"),
        (429, {"retry-after": "0"}, "Retry-After 0"),
        (500, {"retry-after": "30"}, "instead of 429"),
        (503, {"retry-after": "30"}, "instead of 429"),
    ],
)
def test_another_status_or_no_time_or_a_shorter_one_fails(
    status: int, headers: dict[str, str], says: str
) -> None:
    found = finding(CHECK, [refused(ASKED, status, headers)])
    assert (found.state, found.value) == ("FAIL", 1)
    assert says in found.evidence


def test_a_200_with_an_error_event_fails() -> None:
    assert state(CHECK, [broken(ASKED, tokens=0, told=error_event("rate_limit_exceeded"))]) == "FAIL"


def test_nothing_is_said_where_the_provider_limited_nobody() -> None:
    assert state(CHECK, [unreached(ASKED)]) == "INCONCLUSIVE"
    assert state(CHECK, [scenes.heard(ASKED, ledger=[scenes.ledger_of(ASKED, fault="")])]) == "INCONCLUSIVE"


def test_other_endpoints_are_asked_too() -> None:
    asked = questions(CHECK, Terms(has=frozenset({"whole", "openai"})))
    assert [one.endpoint for one in asked] == ["stream", "whole", "openai"]
