"""`timeout`: drops every byte and closes after `timeout` ms without one; 0 never closes.

Taking it away closes every connection, because what was dropped has left a hole in them.
"""

from harness.network.builtin.stages.stage import Stage


class Toxic(Stage):
    attributes = ("timeout",)
    closes_when_removed = True

    def start(self) -> None:
        if self.on and self.values["timeout"] > 0:
            self.wait(self.values["timeout"] / 1000)

    def take(self, data: bytes, stamp: float) -> None:
        self.way.dropped(len(data))
        self.start()

    def due(self) -> None:
        self.way.fault(self.name)
        self.close(forced=True)
