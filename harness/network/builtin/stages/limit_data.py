"""`limit_data`: closes after exactly `bytes` B of a connection, counted through changes of the limit."""

from harness.network.builtin.stages.stage import Stage


class Toxic(Stage):
    attributes = ("bytes",)

    _passed = 0

    def take(self, data: bytes, stamp: float) -> None:
        left = max(0, self.values["bytes"] - self._passed)
        if left:
            self._passed += len(data[:left])
            self.next.receive(data[:left], stamp)
        if len(data) >= left:
            self.way.dropped(len(data) - left)
            self.way.fault(self.name)
            self.close(forced=True)
