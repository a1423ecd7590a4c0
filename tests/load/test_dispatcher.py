"""Users of a new phase replace those of the old one. Asked in a process of its own, as Locust patches it."""

import pytest

from tests.load.locusts import answers_of

pytestmark = pytest.mark.slow

# Users of each class on each of two workers, as the dispatcher wants them.
FOUR_CHAT = {"a_1": {"Chat": 2, "Phone": 0}, "b_1": {"Chat": 2, "Phone": 0}}
FOUR_PHONES = {"a_1": {"Chat": 0, "Phone": 2}, "b_1": {"Chat": 0, "Phone": 2}}
SIX_PHONES = {"a_1": {"Chat": 0, "Phone": 3}, "b_1": {"Chat": 0, "Phone": 3}}
NOBODY = {"a_1": {"Chat": 0, "Phone": 0}, "b_1": {"Chat": 0, "Phone": 0}}
TWO_CHAT = {"a_1": {"Chat": 1, "Phone": 0}, "b_1": {"Chat": 1, "Phone": 0}}


def test_a_new_phases_classes_replace_the_old_ones_and_more_of_the_same_are_added():
    found = answers_of("master_in_locust")["dispatched"]["ours"]
    assert found == [FOUR_CHAT, FOUR_PHONES, SIX_PHONES, NOBODY, TWO_CHAT]


def test_locusts_own_dispatcher_would_keep_them():
    """The day it does not, ours can go."""
    found = answers_of("master_in_locust")["dispatched"]["locusts"]
    assert found[1] == FOUR_CHAT
