"""Shape and open loop, asked in a process of their own because importing Locust patches it."""

import functools
import operator
from collections import Counter

import pytest

from tests.load.locusts import answers_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def answers():
    return answers_of("in_locust")


def test_the_shape_follows_the_phases_and_ends_with_the_last(answers):
    assert answers["shape"] == [
        [30, 30.0, ["Chat"]],  # before the test has started
        [30, 30.0, ["Chat"]],  # before the common start of the workers
        [30, 30.0, ["Chat"]],
        [1, 1.0, ["Chat"]],  # open loop: one, who waits
        [4, 4.0, ["Phone"]],
        None,
    ]


def test_shares_of_the_arrivals_together_are_the_schedule(answers):
    one, three = answers["shards"]["one"], answers["shards"]["three"]
    assert sorted(functools.reduce(operator.iadd, three, [])) == sorted(one)
    assert [len(share) for share in three] == pytest.approx([len(one) / 3] * 3, abs=1)


def test_arrivals_choose_their_user_class_by_weight(answers):
    counts = Counter(name for _, name in answers["shards"]["one"])
    assert counts["Chat"] / counts["Other"] == pytest.approx(3, rel=0.4)


def test_what_was_due_when_the_run_was_stopped_is_recorded(answers):
    assert answers["missed"] == [["not_started", "dropped", "the run ended before it could start"]] * 11


def test_a_scenario_without_users_is_an_error_of_the_harness(answers):
    assert answers["no_class"] == ["ValueError: phase p: no user class was loaded from chat.py"]


def test_a_change_of_phase_does_not_parse_all_options_once_an_option(answers):
    """Locust's own function takes some 10 ms, and a worker called it for each of its options."""
    assert answers["parsed_once"]
