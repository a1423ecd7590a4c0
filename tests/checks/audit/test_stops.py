"""The checks that users' leaving reaches the provider: one judgement, four ways to leave."""

from typing import Any

import msgspec
import pytest

from harness.checks import audit
from harness.checks.audit.check import Check, Terms
from harness.transports.ending import Cause
from tests.checks.audit import scenes
from tests.checks.audit.breaking import finding, left, questions, state, unreached

NAMES = ("stops_on_close", "stops_before_first_token", "stops_whole_answer", "stops_on_button")
DRAINS = Terms(after_disconnect="drain")


@pytest.fixture(params=NAMES)
def check(request: pytest.FixtureRequest) -> Check:
    return audit.load(request.param)


def pressed(check: Check, **more: Any) -> dict[str, Any]:
    return {
        **({"stop_status": 204, "left_ns": 200 * scenes.MS} if check.id == "stops_on_button" else {}),
        **more,
    }


def test_a_provider_that_hears_of_it_in_time_passes(check: Check) -> None:
    found = finding(check, [left(asked, **pressed(check)) for asked in questions(check)])
    assert found.state == "PASS"
    assert "within 1000 ms (slowest: 20 ms" in found.evidence


def test_a_provider_that_hears_of_it_late_fails(check: Check) -> None:
    heard = [left(asked, noticed_ms=1_400, **pressed(check)) for asked in questions(check)]
    found = finding(check, heard)
    assert (found.state, found.streams) == ("FAIL", [scenes.STREAM] * len(heard))


def test_one_that_never_hears_of_it_fails_and_is_counted(check: Check) -> None:
    asked = questions(check)
    heard = [left(one, **pressed(check)) for one in asked[:-1]]
    heard.append(left(asked[-1], noticed_ms=None, **pressed(check)))
    found = finding(check, heard)
    assert (found.state, found.value) == ("FAIL", "inf")
    assert f"{len(heard) - 1} of {len(heard)} users' leaving" in found.evidence
    assert "slowest: never" in found.evidence


def test_nothing_is_said_where_nobody_reached_the_provider(check: Check) -> None:
    assert state(check, [unreached(asked) for asked in questions(check)]) == "INCONCLUSIVE"


def test_nothing_is_said_of_answers_that_were_over_before_anybody_left(check: Check) -> None:
    whole = [scenes.heard(scenes.question(tokens=5), **pressed(check)) for _ in questions(check)]
    assert state(check, whole) == "INCONCLUSIVE"


def test_a_provider_that_was_done_before_it_had_to_notice_says_nothing(check: Check) -> None:
    heard = [left(asked, noticed_ms=None, over_ms=700, **pressed(check)) for asked in questions(check)]
    assert state(check, heard) == "INCONCLUSIVE"


@pytest.mark.parametrize("name", NAMES[:3])
def test_a_system_that_drains_as_declared_passes_and_one_that_cancels_then_fails(name: str) -> None:
    check = audit.load(name)
    drained = [left(asked, noticed_ms=None) for asked in questions(check, DRAINS)]
    assert state(check, drained, DRAINS) == "PASS"
    cancelled = finding(check, [left(asked) for asked in questions(check, DRAINS)], DRAINS)
    assert (cancelled.state, "declare after_disconnect: cancel" in cancelled.fix) == ("FAIL", True)


@pytest.mark.parametrize("name", NAMES[:3])
def test_a_system_that_waits_for_its_users_has_as_long_as_it_declares(name: str) -> None:
    check, terms = audit.load(name), Terms(after_disconnect="resume", cancel_within_s=5)
    asked = questions(check, terms)
    assert state(check, [left(one, noticed_ms=4_000) for one in asked], terms) == "PASS"
    assert state(check, [left(one, noticed_ms=5_500) for one in asked], terms) == "FAIL"


@pytest.mark.parametrize("allowed_s", [0.5, 1.0, 6.0, 31.0])
def test_answers_last_longer_than_the_time_allowed_for_noticing(check: Check, allowed_s: float) -> None:
    terms = Terms(cancel_within_s=allowed_s)
    for asked in questions(check, terms):
        silence_s = float(asked.fault.partition(":")[2] or 0)
        assert scenes.due_ms(asked, asked.tokens) / 1000 + silence_s > allowed_s + 2


def test_tokens_written_after_the_leaving_are_counted() -> None:
    check = audit.load("stops_on_close")
    (asked, *_) = questions(check)
    asked = msgspec.structs.replace(asked, ttft_ms=25.0)  # token n at 25 n ms: 8 came, 40 were written
    found = finding(check, [left(asked, at_ms=200, noticed_ms=800)])
    assert "; 32 tokens were generated for nobody" in found.evidence


def test_a_second_attempt_begun_for_nobody_counts_too() -> None:
    check = audit.load("stops_on_close")
    (asked, *_) = questions(check)
    one = left(asked)
    again = scenes.ledger_of(asked)
    again.received_ns = 1_000 * scenes.MS
    again.closed_ns = 9_000 * scenes.MS
    one.ledger.append(again)
    assert state(check, [one]) == "FAIL"


def test_a_button_that_is_refused_fails() -> None:
    check = audit.load("stops_on_button")
    heard = [left(asked, **pressed(check, stop_status=404)) for asked in questions(check)]
    found = finding(check, heard)
    assert found.state == "FAIL"
    assert "answered with status 404" in found.evidence


def test_a_button_leaves_no_grace() -> None:
    check, terms = audit.load("stops_on_button"), Terms(after_disconnect="resume", cancel_within_s=30)
    heard = [left(asked, noticed_ms=1_500, **pressed(check)) for asked in questions(check, terms)]
    assert state(check, heard, terms) == "FAIL"


def test_a_button_that_could_not_be_pressed_says_nothing() -> None:
    check = audit.load("stops_on_button")
    assert state(check, [left(asked) for asked in questions(check)]) == "INCONCLUSIVE"


def test_a_stream_that_hangs_after_the_press_fails() -> None:
    check = audit.load("stops_on_button")
    heard = [
        left(asked, ending=Cause.TIMEOUT_IDLE, ends_ms=20_200, **pressed(check)) for asked in questions(check)
    ]
    assert "fell silent" in finding(check, heard).evidence
