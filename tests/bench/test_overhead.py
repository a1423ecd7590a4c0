"""Streamed and whole answers, and what repeating the text so far costs."""

import pytest

from bench import overhead


def test_text_so_far_costs_quadratically_and_new_text_does_not():
    short, long = (overhead.accumulated_bytes(tokens) for tokens in (100, 400))
    assert long["generic"] / short["generic"] == pytest.approx(4, rel=0.1)
    assert long["generic_accumulated"] / short["generic_accumulated"] > 12


def test_a_slow_reader_is_through_later_than_a_fast_stream():
    assert overhead.Seen(first_s=1.0, last_s=2.0, tokens=53, wire_bytes=1).read_s == pytest.approx(11.0)
    assert overhead.Seen(first_s=1.0, last_s=20.0, tokens=53, wire_bytes=1).read_s == 20.0


@pytest.mark.slow
def test_the_same_answers_streamed_come_earlier_and_weigh_more():
    figures = overhead.measure(4, ["extraction"])["extraction"]
    streamed, whole = figures["streamed"], figures["whole"]
    assert streamed["tokens"] == whole["tokens"] > 10
    assert streamed["first_ms"] < whole["first_ms"]
    assert streamed["wire_bytes"] > whole["wire_bytes"]
