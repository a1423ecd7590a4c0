"""Readers of streams and of whole answers."""

import pytest

from harness.clock import SECOND
from harness.policies.reading import left_s
from harness.record import StreamRecord


@pytest.mark.parametrize(
    ("first_s", "fields", "left"),
    [
        (1, {"tokens": 53}, 5.0),  # five of ten seconds were read while the rest came
        (6, {"tokens": 53}, 10.0),  # in one piece: all of it is still to be read
        (1, {"tokens": 5}, 0.0),  # slower than its reader, who is through at once
        (6, {"output_tokens": 106, "content_events": 1}, 20.0),  # of a provider that is not ours
        (None, {}, 0.0),
    ],
)
def test_what_is_left_to_read(first_s, fields, left):
    first_ns = None if first_s is None else first_s * SECOND
    record = StreamRecord(stream=1, intended_ns=0, first_output_ns=first_ns, closed_ns=6 * SECOND, **fields)
    assert left_s(record) == pytest.approx(left)
