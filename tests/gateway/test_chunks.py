import math

from gateway.chunks import Chunks
from harness.dialects.events import Kind, TokenEvent

A, B, C = (TokenEvent(Kind.TEXT, text) for text in ("aa", "bé", "cc"))


def test_without_a_flush_time_everything_is_due_at_once():
    chunks = Chunks()
    for now, event in ((1.0, A), (2.0, B)):
        chunks.add([event], now)
        assert chunks.due == now
        assert chunks.take() == [event]


def test_the_first_of_an_answer_does_not_wait():
    chunks = Chunks(flush_s=0.5)
    chunks.add([A], 1.0)
    assert chunks.due == 1.0


def test_what_follows_waits_from_the_first_that_waits():
    chunks = Chunks(flush_s=0.5)
    chunks.add([A], 1.0)
    chunks.take()
    assert chunks.due == math.inf
    chunks.add([B], 1.1)
    chunks.add([C], 1.4)
    assert chunks.due == 1.6
    assert chunks.take() == [B, C]


def test_enough_bytes_do_not_wait_for_the_time_and_characters_are_not_bytes():
    chunks = Chunks(flush_s=9.0, flush_bytes=5)
    chunks.add([A], 1.0)
    chunks.take()
    chunks.add([A], 1.1)
    assert chunks.due == 10.1
    chunks.add([B], 1.2)  # three bytes: é is two
    assert chunks.due == 1.2
    chunks.take()
    chunks.add([B], 1.3)
    assert chunks.due == 10.3


def test_nothing_added_is_nothing_due():
    chunks = Chunks(flush_s=0.5)
    chunks.add([], 1.0)
    assert chunks.due == math.inf
    assert chunks.take() == []
    chunks.add([A], 3.0)
    assert chunks.due == 3.0  # still the first
