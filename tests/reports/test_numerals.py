"""How numbers print."""

import math

import pytest

from reports.numerals import counted, number, quantity, seconds, share


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (math.nan, "–"),
        ("inf", "∞"),
        (math.inf, "∞"),
        (0.0, "0"),
        (12450, "12,450"),
        (12450.4, "12,450"),
        (412.4, "412"),
        (99.96, "100"),
        (45.24, "45.2"),
        (9.996, "10.0"),
        (3.14159, "3.14"),
        (0.0312, "0.031"),
        (-45.24, "-45.2"),
    ],
)
def test_numbers_keep_about_three_digits(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (412.4, "ms", "412 ms"),
        (1.0, "ms", "1.00 ms"),
        (1.0, "", "1.00"),
        (None, "ms", "–"),
        ("inf", "ms", "∞ ms"),
        (7.0, "streams", "7 streams"),
        (1.0, "streams", "1 stream"),
        (0.0, "streams", "0 streams"),
        (1200.0, "tokens", "1,200 tokens"),
        (1.5, "tokens", "1.50 tokens"),
        (1.0, "of the gaps", "1.00 of the gaps"),
    ],
)
def test_what_is_counted_is_whole_and_one_is_not_several(value: float, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "–"),
        (0, 9, "0 %"),
        (9, 9, "100 %"),
        (9999, 10000, "> 99.9 %"),
        (9994, 10000, "99.9 %"),
        (1, 100000, "< 0.1 %"),
        (1, 2000, "0.1 %"),
        (1, 3, "33.3 %"),
    ],
)
def test_only_everything_is_a_hundred_percent(part: int, whole: int, text: str) -> None:
    assert share(part, whole) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 s"),
        (8.25, "8.2 s"),
        (62.4, "62 s"),
        (725, "12 min 5 s"),
        (600, "10 min"),
        (7400, "2 h 3 min"),
    ],
)
def test_lengths_of_time(value: float, text: str) -> None:
    assert seconds(value) == text


def test_counts_agree_with_their_noun() -> None:
    assert counted(1, "stream") == "1 stream"
    assert counted(2000, "stream") == "2,000 streams"
    assert counted(0, "false success", "false successes") == "0 false successes"
