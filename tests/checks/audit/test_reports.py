"""The checks that a broken answer is told as broken."""

import pytest

from harness.checks import audit
from harness.checks.audit.check import Check, Question, Terms
from harness.transports.ending import Cause
from tests.checks.audit import scenes
from tests.checks.audit.breaking import broken, error_event, finding, questions, refused, state, unreached

CUTS = ("reports_truncation", "reports_fin", "reports_reset")
NAMES = (*CUTS, "reports_error_event", "reports_rate_limit_in_stream")
AS_IS = Terms(provider_fault="as_is")
CODE = "rate_limit_exceeded"


@pytest.fixture(params=NAMES)
def check(request: pytest.FixtureRequest) -> Check:
    return audit.load(request.param)


def ending(asked: Question) -> bytes:
    """The last event of a whole answer."""
    return scenes.pieces_of(asked)[-1][1]


def test_error_events_and_error_statuses_pass(check: Check) -> None:
    heard = [broken(asked, told=error_event(CODE)) for asked in questions(check)]
    heard.append(refused(questions(check)[0], 429))
    found = finding(check, heard)
    assert (found.state, found.value) == ("PASS", 0)


@pytest.mark.parametrize("ways", [Cause.HTTP_END, Cause.EOF, Cause.RESET])
def test_silence_fails_but_for_a_transparent_proxy_with_nothing_to_pass_on(check: Check, ways: Cause) -> None:
    heard = [broken(asked, ending=ways) for asked in questions(check)]
    found = finding(check, heard)
    assert (found.state, found.streams) == ("FAIL", [scenes.STREAM] * len(heard))
    assert "cut off without a word after 12 of 30 tokens" in found.evidence
    assert state(check, heard, AS_IS) == ("PASS" if check.id in CUTS else "FAIL")


@pytest.mark.parametrize("terms", [Terms(), AS_IS])
def test_a_forged_ending_fails_under_every_policy(check: Check, terms: Terms) -> None:
    heard = [broken(asked, told=ending(asked)) for asked in questions(check)]
    found = finding(check, heard, terms)
    assert found.state == "FAIL"
    assert "passed off as whole after 12 of 30 tokens" in found.evidence


def test_a_forged_ending_without_usage_fails_as_well(check: Check) -> None:
    heard = [broken(asked, told=b'data: {"done":true}\n\n') for asked in questions(check)]
    assert state(check, heard) == "FAIL"


def test_a_user_who_is_left_hanging_fails(check: Check) -> None:
    heard = [broken(asked, ending=Cause.TIMEOUT_IDLE, ends_ms=20_000) for asked in questions(check)]
    assert "left hanging" in finding(check, heard, AS_IS).evidence
    assert state(check, heard, AS_IS) == "FAIL"


def test_an_error_written_into_the_text_fails(check: Check) -> None:
    heard = [
        broken(asked, told=b'data: {"content":"[Error: upstream]"}\n\n' + ending(asked))
        for asked in questions(check)
    ]
    assert "garbled" in finding(check, heard).evidence


def test_one_of_several_is_enough_to_fail(check: Check) -> None:
    asked = questions(check)
    heard = [broken(one, told=error_event(CODE)) for one in asked[:-1]]
    heard.append(broken(asked[-1], told=ending(asked[-1])))
    found = finding(check, heard)
    assert (found.state, found.value) == ("FAIL", 1)


def test_a_fault_that_was_not_played_says_nothing(check: Check) -> None:
    heard = [scenes.heard(asked, ledger=[scenes.ledger_of(asked, fault="")]) for asked in questions(check)]
    assert state(check, heard) == "INCONCLUSIVE"
    assert state(check, [unreached(asked) for asked in questions(check)]) == "INCONCLUSIVE"


@pytest.mark.parametrize("name", NAMES[:4])
def test_every_endpoint_that_there_is_is_asked(name: str) -> None:
    asked = questions(audit.load(name), Terms(has=frozenset({"whole", "openai"})))
    assert {one.endpoint for one in asked} == {"stream", "whole", "openai"}
    assert len({one.name for one in asked}) == len(asked)


def test_a_cut_may_be_declared() -> None:
    check = audit.load("reports_fin")
    found = finding(check, [broken(asked, ending=Cause.EOF) for asked in questions(check)])
    assert "declare provider_fault: as_is" in found.fix


def test_a_rate_limit_under_another_name_fails() -> None:
    check = audit.load("reports_rate_limit_in_stream")
    found = finding(check, [broken(asked, told=error_event("server_error")) for asked in questions(check)])
    assert found.state == "FAIL"
    assert "error_event server_error" in found.evidence
