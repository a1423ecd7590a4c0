"""`bandwidth`: at most `rate` KB/s (1000 B). Rate 0 holds everything and loses nothing.

Big chunks leave in slices of 100 ms. Instants are absolute, so late timers do not add up to a lower rate.
"""

from harness.network.builtin.stages.stage import QueueStage

SLICE_S = 0.1
TICK_S = 0.0005  # the loop's timers tick in ms


class Toxic(QueueStage):
    attributes = ("rate",)

    _free_at = 0.0

    def start(self) -> None:
        if self.queue and self.values["rate"] > 0:
            self._free_at = max(self._free_at, self.way.loop.time()) + self._slice() / self._bytes_per_s
            self.wait(self._free_at - self.way.loop.time())

    def due(self) -> None:
        now = self.way.loop.time()
        while self.queue and self._free_at <= now + TICK_S:
            self._send_slice(now)
            if self.queue:
                self._free_at += self._slice() / self._bytes_per_s
        if self.queue:
            self.wait(self._free_at - now)
        else:
            self.end_if_empty()

    @property
    def _bytes_per_s(self) -> float:
        return self.values["rate"] * 1000.0

    def _slice(self) -> int:
        return min(len(self.queue[0][0]), max(1, int(self._bytes_per_s * SLICE_S)))

    def _send_slice(self, now: float) -> None:
        data, stamp = self.queue.popleft()
        size = min(len(data), max(1, int(self._bytes_per_s * SLICE_S)))
        if size < len(data):
            self.queue.appendleft((data[size:], stamp))
        self.pass_on(data[:size], now)
