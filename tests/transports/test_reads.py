"""Of each read five numbers, however many there are; their sums are the record's counts."""

from array import array

import pytest

from harness.transports.reads import Reads
from tests.transports.answers import record


def ints(data: bytes) -> list[int]:
    return list(array("i", data))


@pytest.mark.parametrize("count", [0, 1, 127, 128, 129, 1000])
def test_every_read_comes_out_as_it_went_in(count: int) -> None:
    reads, into = Reads(), record()
    for number in range(count):
        reads.note(number * 20_000_000, number * 1000, number + 7, number % 3, number % 2)
    assert reads.events == sum(number % 3 for number in range(count))
    reads.write(into)
    assert ints(into.read_us) == [number * 20_000 for number in range(count)]
    assert ints(into.read_lag_us) == list(range(count))
    assert ints(into.read_bytes) == [number + 7 for number in range(count)]
    assert ints(into.read_events) == [number % 3 for number in range(count)]
    assert ints(into.read_tokens) == [number % 2 for number in range(count)]
    assert into.body_bytes == sum(number + 7 for number in range(count))
    assert (into.content_events, into.tokens) == (reads.events, count // 2)


@pytest.mark.parametrize("count", [1, 128, 129])
def test_the_last_read_can_be_amended(count: int) -> None:
    reads, into = Reads(), record()
    for _ in range(count):
        reads.note(0, 0, 1, 0, 0)
    reads.amend(1, 9)
    reads.write(into)
    assert ints(into.read_tokens) == [0] * (count - 1) + [9]
    assert (into.content_events, into.tokens) == (1, 9)


def test_what_does_not_fit_is_the_most_that_does() -> None:
    reads, into = Reads(), record()
    reads.note(3600 * 10**9, 5_000, 1, 1, 1)
    reads.note(1_000, 3600 * 10**9, 1, 1, 1)
    reads.write(into)
    assert ints(into.read_us) == [2**31 - 1, 1]
    assert ints(into.read_lag_us) == [5, 2**31 - 1]
