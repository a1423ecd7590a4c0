"""When the kernel took bytes in, as an instant of our clock.

Linux hands the receive time of a TCP read along with `recvmsg` once SO_TIMESTAMPNS is set. It is wall
time and belongs to the newest segment of the read, so a late Python does not make the network look late.
"""

import socket
import struct

import gevent.monkey

from harness import clock
from harness.clock import SECOND

# The blocking, unpatched socket: a watcher reads it itself, nothing may wait on it cooperatively.
RawSocket: type[socket.socket] = gevent.monkey.get_original("socket", "socket")

_SOCKET = socket.SOL_SOCKET
_SO_TIMESTAMPNS = 35  # Linux; Python's socket module has no name for it
_timespec = struct.Struct("@ll").unpack_from
ANCILLARY_BYTES = 64

KERNEL, ABSENT, IMPLAUSIBLE = 0, 1, 2


class KernelClock:
    """The distance between wall and monotonic clock, sampled again each second by its owner."""

    def __init__(self) -> None:
        # The kernel stamps only while some socket asks; without one that stays, first reads may lack theirs.
        self._asking = RawSocket()
        request_stamps(self._asking)
        self.offset_ns = clock.wall_minus_monotonic()

    def close(self) -> None:
        self._asking.close()

    def resample(self) -> int:
        """By how much the wall clock has moved against the monotonic one since the last sample, ns."""
        before_ns, self.offset_ns = self.offset_ns, clock.wall_minus_monotonic(10)
        return self.offset_ns - before_ns


def request_stamps(sock: socket.socket) -> None:
    """Ask for receive times; where the platform has none, reads are stamped by Python."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    except OSError:
        return


def arrival(
    ancillary: list[tuple[int, int, bytes]], read_ns: int, previous_ns: int, offset_ns: int
) -> tuple[int, int]:
    """(instant of arrival, source). A stamp before the previous read or after this one is refused."""
    for level, kind, value in ancillary:
        if kind == _SO_TIMESTAMPNS and level == _SOCKET:
            seconds, nanos = _timespec(value)
            stamp_ns = seconds * SECOND + nanos - offset_ns
            if previous_ns <= stamp_ns <= read_ns:
                return stamp_ns, KERNEL
            # The clocks' distance is known to about a microsecond; a stamp that near is right.
            if previous_ns - 5000 <= stamp_ns <= read_ns + 5000:
                return min(max(stamp_ns, previous_ns), read_ns), KERNEL
            return read_ns, IMPLAUSIBLE
    return read_ns, ABSENT
