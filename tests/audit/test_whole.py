"""Answers in one piece, whoever's JSON they are."""

import pytest

from harness import dialects
from harness.audit.whole import events_of
from harness.dialects.dialect import Reply
from harness.dialects.events import Kind, Usage

REPLY = Reply(id="x", model="m", created_s=0)


@pytest.mark.parametrize("name", dialects.names())
def test_the_whole_answer_of_every_dialect_is_read(name: str) -> None:
    body = dialects.load(name).whole(REPLY, "Hello wörld", "stop", Usage(3, 5))
    events = events_of(body)
    assert [event.text for event in events if event.kind is Kind.TEXT] == ["Hello wörld"]
    assert events[-1].kind is Kind.FINISH
    assert [event.usage for event in events if event.kind is Kind.USAGE] in ([Usage(3, 5)], [])


@pytest.mark.parametrize("name", ["generic", "openai", "anthropic"])
def test_its_token_counts_are_read(name: str) -> None:
    body = dialects.load(name).whole(REPLY, "Hello", "stop", Usage(3, 5))
    assert [event.usage for event in events_of(body) if event.kind is Kind.USAGE] == [Usage(3, 5)]


@pytest.mark.parametrize("name", dialects.names())
def test_an_error_in_its_place_is_an_error(name: str) -> None:
    body = dialects.load(name).error_body(500, "", "went wrong")
    (event,) = events_of(body)
    assert (event.kind, event.text) == (Kind.ERROR, "went wrong")


@pytest.mark.parametrize("body", [b"", b"<html>", b'"text"', b"[1, 2]", b"\xff", b"[" * 5000])
def test_nonsense_is_corrupt(body: bytes) -> None:
    (event,) = events_of(body)
    assert event.kind is Kind.CORRUPT


def test_an_object_without_a_text_has_none() -> None:
    assert [event.kind for event in events_of(b'{"content":7,"usage":[1]}')] == [Kind.FINISH]
