"""Who leaves, when and how is decided before the stream starts."""

from functools import partial

import pytest

from harness.clock import MS, SECOND
from harness.plan.draws import generator
from harness.plan.phases import Leave
from harness.record import StreamRecord
from harness.transports.leaving import Leaving, draw_leaving


def stream(sent_s: float | None = 10.0, content_s: float | None = None) -> StreamRecord:
    def ns(value: float | None) -> int | None:
        return None if value is None else int(value * SECOND)

    return StreamRecord(stream=1, intended_ns=0, sent_ns=ns(sent_s), first_content_ns=ns(content_s))


def test_a_time_is_counted_from_the_request():
    leaving = Leaving(after_s=2)
    assert [leaving.due(stream(), int(at * SECOND)) for at in (11.9, 12.0)] == [False, True]
    assert not leaving.due(stream(sent_s=None), 99 * SECOND)


def test_whoever_leaves_before_the_first_token_has_sent_the_request_and_seen_nothing():
    leaving, sent_ns = Leaving(before_first=True), 10 * SECOND
    assert [leaving.due(stream(), sent_ns + wait * MS) for wait in (49, 50)] == [False, True]
    assert not leaving.due(stream(content_s=10.01), sent_ns + 60 * MS)


def test_a_token_position_is_not_a_matter_of_time():
    assert not Leaving(at_token=1).due(stream(), 99 * SECOND)


def test_the_share_of_leavers_is_drawn_and_the_seed_decides():
    leave = Leave(share=0.3, at_token=5)
    draws = [draw_leaving(leave, partial(generator, 7, number)) is not None for number in range(2000)]
    assert 0.27 < sum(draws) / len(draws) < 0.33
    assert draws == [draw_leaving(leave, partial(generator, 7, number)) is not None for number in range(2000)]


def test_where_nobody_leaves_nothing_is_drawn():
    def unneeded():
        raise AssertionError("a generator was made")

    assert draw_leaving(None, unneeded) is None


@pytest.mark.parametrize(
    ("how", "rst", "stop_reading"),
    [("fin", False, False), ("rst", True, False), ("stop_reading", False, True)],
)
def test_how_they_leave_is_the_plans(how, rst, stop_reading):
    found = draw_leaving(Leave(after_s=1.5, how=how), partial(generator, 7))
    assert found == Leaving(after_s=1.5, rst=rst, stop_reading=stop_reading)
