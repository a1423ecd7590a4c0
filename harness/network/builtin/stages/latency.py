"""`latency`: every chunk leaves `latency` ms, give or take `jitter`, after it came, strictly in order."""

from harness.network.builtin.stages.stage import QueueStage

# The loop's timers tick in ms: what is due within half a tick leaves with this one.
TICK_S = 0.0005


class Toxic(QueueStage):
    attributes = ("latency", "jitter")

    def take(self, data: bytes, stamp: float) -> None:
        if self.queue or self.values["latency"] > 0 or self.values["jitter"] > 0:
            super().take(data, stamp)
        else:
            self.next.receive(data, stamp)

    def start(self) -> None:
        """The delay of a chunk is drawn when it becomes the first, so a change concerns all that wait."""
        if self.queue:
            self._due_at = self.queue[0][1] + self._delay_s()
            self.wait(self._due_at - self.way.loop.time())

    def due(self) -> None:
        now = self.way.loop.time()
        while self.queue and self._due_at <= now + TICK_S:
            data, _ = self.queue.popleft()
            self.pass_on(data, max(now, self._due_at))
            if self.queue:
                self._due_at = self.queue[0][1] + self._delay_s()
        if self.queue:
            self.wait(self._due_at - now)
        else:
            self.end_if_empty()

    def _delay_s(self) -> float:
        delay, jitter = self.values["latency"], self.values["jitter"]
        if jitter > 0:
            delay += self.way.rng.randrange(-jitter, jitter)
        return max(0, delay) / 1000
