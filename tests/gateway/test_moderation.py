import pytest

from gateway.moderation import Moderation
from harness.plan.plan import GatewayOptions


def objection(text: str, words: str = "") -> str | None:
    return Moderation(GatewayOptions(refused_words=words)).objection(text)


@pytest.mark.parametrize("text", ["a Red rose", "RED", "ｒｅｄ!", "so:red", "the naïve one"])
def test_a_word_of_the_list_is_refused_in_any_spelling(text: str):
    assert objection(text, " red , naïve,") == "refused_word"


@pytest.mark.parametrize("text", ["reddish", "Fred", "a green rose", ""])
def test_a_word_that_only_holds_one_of_them_passes(text: str):
    assert objection(text, "red,.*") is None


@pytest.mark.parametrize("text", ["4111 1111 1111 1111", "call 5500-0000-0000-0004.", "4111111111111111"])
def test_the_number_of_a_payment_card_is_refused(text: str):
    assert objection(text) == "payment_card"


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",  # its check digit is wrong
        "0000000000000000",
        "41111111111111110000",  # too long
        "4111 1111 1111",  # too short
        "3.1415926535897932384",
        "[000042:0007] wörd [000042:0008] river ",
    ],
)
def test_other_numbers_pass(text: str):
    assert objection(text) is None
