"""A slow user loses the oldest events, and is told so."""

from harness.dialects.events import Kind, TokenEvent
from harness.transports.ending import Cause
from harness.transports.event_queue import MOST, EventQueue


class EndedWatch:
    ending = Cause.HTTP_END


def test_the_queue_is_bounded_and_counts_what_it_lost():
    queue = EventQueue()
    for number in range(MOST + 3):
        queue.hear(TokenEvent(Kind.TEXT, str(number)))
    texts = [event.text for event in queue.each(EndedWatch())]  # type: ignore[arg-type]
    assert (len(texts), texts[0], texts[-1], queue.missed) == (MOST, "3", str(MOST + 2), 3)


def test_nobody_is_woken_where_nobody_waits():
    queue = EventQueue()
    queue.hear(TokenEvent(Kind.TEXT, "a"))
    queue.wake()
    assert [event.text for event in queue.each(EndedWatch())] == ["a"]  # type: ignore[arg-type]
