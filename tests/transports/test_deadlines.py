"""Each limit counts from its own instant; only content satisfies the first-content limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.clock import SECOND
from harness.plan.target import Limits
from harness.record import StreamRecord
from harness.transports.deadlines import expired, look_again_ns
from harness.transports.ending import Cause

LIMITS = Limits(connect_s=1, headers_s=2, first_content_s=4, idle_s=3, total_s=20)


def judged(now_s: float, last_read_s: float = 0.0, **stamps_s: float) -> Cause | None:
    stamps = {f"{name}_ns": int(value * SECOND) for name, value in stamps_s.items()}
    record = StreamRecord(stream=1, intended_ns=0, **stamps)
    return expired(record, int(last_read_s * SECOND), LIMITS, int(now_s * SECOND))


@pytest.mark.parametrize(
    ("cause", "after_s", "stamps"),
    [
        (Cause.TIMEOUT_HEADERS, 12.0, {"dispatched": 10, "sent": 10}),
        (Cause.TIMEOUT_FIRST, 14.0, {"dispatched": 10, "sent": 10, "headers": 10, "last_read_s": 12}),
        (Cause.TIMEOUT_IDLE, 18.0, {"sent": 10, "headers": 10, "first_content": 12, "last_read_s": 15}),
        (Cause.TIMEOUT_TOTAL, 30.0,
         {"dispatched": 10, "sent": 11, "headers": 12, "first_content": 13, "last_read_s": 29}),
    ],
)  # fmt: skip
def test_a_limit_is_broken_just_after_its_instant_and_not_at_it(cause, after_s, stamps):
    assert judged(after_s, **stamps) is None
    assert judged(after_s + 0.001, **stamps) is cause


def test_a_ping_restarts_the_idle_limit_but_satisfies_no_other():
    assert judged(13.9, last_read_s=13, sent=10, headers=10) is None
    assert judged(14.1, last_read_s=14, sent=10, headers=10) is Cause.TIMEOUT_FIRST


def test_while_connecting_only_the_total_limit_counts():
    assert judged(19.9) is None
    assert judged(20.1) is Cause.TIMEOUT_TOTAL


def test_the_idle_limit_begins_with_the_headers():
    assert judged(3.9, last_read_s=0, sent=2) is None
    assert judged(3.9, last_read_s=0, sent=2, headers=2.1) is Cause.TIMEOUT_IDLE


def test_a_stream_that_waited_for_its_turn_is_not_late_for_that():
    assert judged(29.0, last_read_s=28, dispatched=10, sent=10, headers=11, first_content=12) is None


SOON = st.integers(0, 25 * SECOND)


@given(SOON, SOON, SOON, SOON, SOON, st.integers(0, 4), st.floats(0, 1, exclude_max=True))
def test_nothing_runs_out_before_the_next_look_whatever_arrives_until_then(
    sent, headers, content, read, now, known, share
):
    """`known` stamps are there at the look; the others come after it, in order."""
    record = StreamRecord(stream=1, intended_ns=0)
    names = ("sent_ns", "headers_ns", "first_content_ns")
    times = sorted((sent, headers, content, read, now)[:3])
    for name, at in list(zip(names, times, strict=True))[:known]:
        setattr(record, name, at)
    last = max(times[: min(known, 3)], default=0)
    now = max(now, last)
    if expired(record, last, LIMITS, now) is not None:
        return
    until = look_again_ns(record, last, LIMITS, now)
    then = now + int((until - now) * share)
    later = [now + int((then - now) * part) for part in (0.2, 0.5, 0.9)]
    for name, at in list(zip(names, later, strict=True))[known:]:
        assert expired(record, last, LIMITS, at) is None
        setattr(record, name, at)
        last = at
    assert expired(record, last, LIMITS, then) is None
