"""A socket read from gevent's hub: stamped once, parsed there, its greenlet woken only at the end."""

import socket
from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import AsyncResult

from harness import clock
from harness.transports.kernel_stamps import ANCILLARY_BYTES, KernelClock, arrival
from harness.transports.reception import Cause

_READ = 65536
_READABLE = 1

Feed = Callable[[bytes, int, int], Cause | None]  # bytes, arrival ns, lag ns


class Watch:
    """Feeds each read of `sock` to `feed` until that names a cause.

    Runs in the hub: nothing here may block. An exception would disarm the watcher without a word and leave
    the stream hanging, so every one becomes the ending. Close it before the socket: the number of a closed
    descriptor is given out again at once.
    """

    __slots__ = ("_feed", "_kernel", "_sock", "_watcher", "ended", "last_ns", "sources")

    def __init__(self, sock: socket.socket, feed: Feed, kernel: KernelClock, start_ns: int) -> None:
        self._sock, self._feed, self._kernel = sock, feed, kernel
        self.last_ns = start_ns
        self.sources = [0, 0, 0]  # reads by source of their stamp
        self.ended: Any = AsyncResult()
        self._watcher: Any = gevent.get_hub().loop.io(sock.fileno(), _READABLE)
        self._watcher.start(self._readable)

    def _readable(self) -> None:
        try:
            data, ancillary, _, _ = self._sock.recvmsg(_READ, ANCILLARY_BYTES)
            read_ns = clock.now()
            stamp_ns, source = arrival(ancillary, read_ns, self.last_ns, self._kernel.offset_ns)
            self.last_ns = stamp_ns
            self.sources[source] += 1
            ending: Cause | BaseException | None = self._feed(data, stamp_ns, read_ns - stamp_ns)
        except BlockingIOError:
            return
        except (ConnectionError, TimeoutError):
            ending = Cause.RESET
            self.last_ns = clock.now()
        except Exception as bug:  # noqa: BLE001  the hub would swallow it and the stream would hang
            ending = bug
        if ending is not None:
            self.end(ending)

    def end(self, ending: Cause | BaseException) -> None:
        """Stop watching and wake whoever waits; the first ending counts."""
        self.close()
        if not self.ended.ready():
            if isinstance(ending, Cause):
                self.ended.set(ending)
            else:
                self.ended.set_exception(ending)

    def close(self) -> None:
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.stop()
            watcher.close()
