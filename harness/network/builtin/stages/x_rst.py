"""`x_rst` (ours): a true reset of live connections, after `bytes` B or `delay` ms; both 0: at once."""

from harness.network.builtin.stages.stage import Stage


class Toxic(Stage):
    attributes = ("bytes", "delay")
    rst = True

    _passed = 0

    def start(self) -> None:
        if not self.on:
            return
        if self.values["delay"] > 0:
            self.wait(self.values["delay"] / 1000)
        elif self.values["bytes"] <= 0 and self.way.live:
            self.due()

    def take(self, data: bytes, stamp: float) -> None:
        limit = self.values["bytes"]
        if limit <= 0 or self._passed + len(data) < limit:
            self._passed += len(data)
            self.next.receive(data, stamp)
            return
        self.next.receive(data[: limit - self._passed], stamp)
        self.way.dropped(len(data) - (limit - self._passed))
        self.due()

    def due(self) -> None:
        self.way.fault(self.name)
        self.closed = True
        self.way.end_now(self.rst)
