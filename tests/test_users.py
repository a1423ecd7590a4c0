"""What a user does with its turn, asked in a process of its own because importing Locust patches it."""

import json
import subprocess
import sys

import pytest

from tests.load.locusts import environment

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def answers():
    found = subprocess.run(
        [sys.executable, "-m", "tests.users_in_locust"],
        env=environment(), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def test_the_first_wait_is_a_place_in_the_ramp(answers):
    waits = answers["ramp"]
    assert 0 <= min(waits) < 0.5
    assert 3.5 < max(waits) <= 4.0


def test_in_a_plan_the_phase_says_how_long_people_think(answers):
    assert answers["think"] == pytest.approx([7.0, 7.0], abs=0.1)


def test_without_a_plan_the_users_own_wait_time_counts(answers):
    assert answers["own_wait"] == pytest.approx([0.25, 0.25], abs=0.05)


def test_without_either_people_think_for_one_to_three_seconds(answers):
    assert all(1.0 <= wait <= 3.1 for wait in answers["default_wait"])


def test_a_turn_that_is_not_now_is_a_wait_and_no_stream(answers):
    assert answers["between"] == {"wait_s": pytest.approx(5.0, abs=0.1), "raised": "RescheduleTask"}


def test_after_the_last_phase_nobody_asks(answers):
    assert answers["after"] == 3600.0


def test_after_the_end_of_the_test_a_task_stops_its_user(answers):
    assert answers["closed"] == "StopUser"


def test_a_stream_that_could_not_even_be_asked_has_a_record_and_an_error(answers):
    found = answers["bug"]
    assert found["raised"] == "UnicodeEncodeError"
    assert (found["rows"][0]["detail"], found["rows"][0]["name"]) == ("harness_error", "bug")
    assert len(found["errors"]) == 1
    assert found["errors"][0].startswith("UnicodeEncodeError: ")
    assert found["in_flight"] == 0


def test_a_refused_stream_is_one_request_event_with_one_text_an_outcome(answers):
    assert answers["refused"] == {"events": [["chat", "StreamFailed('refused')"]], "outcome": "refused"}


def test_an_error_that_a_scenario_raises_in_its_block_is_no_harness_error_of_the_stream(answers):
    assert answers["block"] == {"raised": "KeyError", "detail": "connect_fail", "errors": []}


def test_who_asks_again_leaves_a_record_an_attempt_and_one_request_event(answers):
    stream = answers["again"]["attempts"][0][0]
    assert answers["again"]["attempts"] == [[stream, 1], [stream, 2], [stream, 3]]
    assert answers["again"]["events"] == 1


def test_whose_patience_ends_before_the_next_attempt_does_not_wait_for_it(answers):
    assert answers["again"]["hasty"] == 1
