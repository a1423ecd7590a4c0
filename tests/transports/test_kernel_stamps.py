"""A kernel stamp is converted, believed if it can be true, and told from none."""

import socket
import struct

import pytest

from harness.clock import SECOND
from harness.transports.kernel_stamps import ABSENT, IMPLAUSIBLE, KERNEL, KernelClock, arrival

OFFSET = 1_700_000_000 * SECOND + 123
SO_TIMESTAMPNS = 35


def ancillary(instant_ns: int, kind: int = SO_TIMESTAMPNS) -> list[tuple[int, int, bytes]]:
    seconds, nanos = divmod(instant_ns + OFFSET, SECOND)
    return [(socket.SOL_SOCKET, kind, struct.pack("@ll", seconds, nanos))]


@pytest.mark.parametrize(
    ("stamp", "found"),
    [
        (5_000_000, (5_000_000, KERNEL)),
        (1_000_000, (1_000_000, KERNEL)),  # exactly the previous read
        (9_000_000, (9_000_000, KERNEL)),  # exactly this read
        (1_000_000 - 4_000, (1_000_000, KERNEL)),  # within what the clocks' distance is known to
        (9_000_000 + 4_000, (9_000_000, KERNEL)),
        (1_000_000 - 6_000, (9_000_000, IMPLAUSIBLE)),
        (9_000_000 + 6_000, (9_000_000, IMPLAUSIBLE)),
    ],
)
def test_a_stamp_lies_between_the_previous_read_and_this_one(stamp, found):
    assert arrival(ancillary(stamp), 9_000_000, 1_000_000, OFFSET) == found


def test_without_a_stamp_the_read_itself_counts():
    assert arrival([], 9, 1, OFFSET) == (9, ABSENT)
    assert arrival(ancillary(5, kind=29), 9, 1, OFFSET) == (9, ABSENT)


def test_a_sample_tells_how_far_the_wall_clock_has_moved_since_the_last(monkeypatch):
    offsets = iter([1000, 1200, 1150])
    monkeypatch.setattr("harness.clock.wall_minus_monotonic", lambda *_: next(offsets))
    kernel = KernelClock()
    moved = [kernel.resample(), kernel.resample()]
    kernel.close()
    assert (moved, kernel.offset_ns) == ([200, -50], 1150)
