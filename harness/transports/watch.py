"""A socket read from gevent's hub: stamped once, parsed there, its greenlet woken only at the end."""

import socket
from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import AsyncResult

from harness import clock
from harness.transports.ending import Cause
from harness.transports.kernel_stamps import ANCILLARY_BYTES, KernelClock, arrival

_READ = 65536
_READABLE = 1

Feed = Callable[[bytes, int, int], Cause | None]  # bytes, arrival ns, lag ns


class Watch:
    """Feeds each read of `sock` to `feed` until that names a cause.

    Runs in the hub: nothing here may block. An exception would disarm the watcher without a word and leave
    the stream hanging, so every one becomes the ending. Close it before the socket: the number of a closed
    descriptor is given out again at once.
    """

    __slots__ = (
        "_doubtful", "_feed", "_kernel", "_reads", "_sock", "_watcher", "after_read", "ended", "ending",
        "last_ns",
    )  # fmt: skip

    def __init__(self, sock: socket.socket, feed: Feed, kernel: KernelClock, start_ns: int) -> None:
        self._sock, self._feed, self._kernel = sock, feed, kernel
        self.last_ns = start_ns
        self._reads = 0
        self._doubtful = [0, 0, 0]  # of them those without a stamp of the kernel, by its source
        self.ending: Cause | Exception | None = None
        self.ended: Any = AsyncResult()  # set with `ending`, for whoever waits
        self.after_read: Callable[[], None] | None = None  # may switch greenlets: the last thing a read does
        self._watcher: Any = gevent.get_hub().loop.io(sock.fileno(), _READABLE)
        self._watcher.start(self._readable)

    @property
    def sources(self) -> tuple[int, int, int]:
        """How many reads were stamped by the kernel, were not, and had a stamp that was refused."""
        _, absent, implausible = self._doubtful
        return self._reads - absent - implausible, absent, implausible

    def _readable(self) -> None:
        try:
            data, ancillary, _, _ = self._sock.recvmsg(_READ, ANCILLARY_BYTES)
        except BlockingIOError:
            return
        except OSError:
            self.last_ns = clock.now()
            self.end(Cause.RESET)
            return
        read_ns = clock.now()
        try:
            stamp_ns, source = arrival(ancillary, read_ns, self.last_ns, self._kernel.offset_ns)
            self.last_ns = stamp_ns
            if data:  # the end of a connection has no stamp to miss
                self._reads += 1
                if source:
                    self._doubtful[source] += 1
            ending: Cause | Exception | None = self._feed(data, stamp_ns, read_ns - stamp_ns)
        except Exception as bug:  # noqa: BLE001  the hub would swallow it and the stream would hang
            ending = bug
        if ending is not None:
            self.end(ending)
        elif self.after_read is not None:
            self.after_read()

    def end(self, ending: Cause | Exception) -> None:
        """Stop watching and wake whoever waits; the first ending counts."""
        self.close()
        if self.ending is None:
            self.ending = ending
            self.ended.set(None)

    def close(self) -> None:
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.stop()
            watcher.close()
