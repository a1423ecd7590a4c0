"""Keeps the garbage collector from stopping a load process for longer than it must.

A full collection looks at every object there is, and with thousands of open streams that takes longer than
the distance of two tokens. What is frozen is not looked at. A stream's objects go by their counts when it
ends, so nothing is lost by freezing them but such cycles as were garbage at that very moment.
"""

import gc


class Collector:
    """Freezes what is there at the start, and what has come whenever more streams are open than ever."""

    def __init__(self) -> None:
        self._most = 0

    def start(self) -> None:
        """Also takes out what an earlier load has left behind."""
        self._most = 0
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def look(self, in_flight: int) -> None:
        """Once a second. As it freezes at new peaks alone, it keeps no more than was once alive at one."""
        if in_flight > self._most:
            self._most = in_flight
            gc.freeze()
