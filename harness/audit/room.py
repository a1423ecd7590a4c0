"""A room with so many places, taken several at a time, in the order of coming."""

from collections.abc import Iterator
from contextlib import contextmanager

from gevent.lock import BoundedSemaphore, Semaphore


class Room:
    def __init__(self, places: int) -> None:
        self.places = places
        self._free, self._door = Semaphore(places), BoundedSemaphore(1)

    @contextmanager
    def seats(self, wanted: int) -> Iterator[None]:
        """Hold as many places as wanted, all of them at most, for as long as the block lasts."""
        wanted, held = min(wanted, self.places), 0
        try:
            with self._door:  # one at a time: two who hold half of what they need would wait for ever
                for _ in range(wanted):
                    self._free.acquire()
                    held += 1
            yield
        finally:
            for _ in range(held):
                self._free.release()
