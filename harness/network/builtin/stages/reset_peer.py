"""`reset_peer`: the first chunk, or the end, starts a clock of `timeout` ms; then the connection closes.

It is a reset only where the toxic stood before the connection opened, as in the original; `x_rst` resets
live connections.
"""

from harness.network.builtin.stages.stage import Stage


class Toxic(Stage):
    attributes = ("timeout",)
    arms = True

    _started = False

    def take(self, data: bytes, stamp: float) -> None:
        self.way.dropped(len(data))
        self._begin()

    def take_end(self, forced: bool) -> None:
        self._begin()

    def _begin(self) -> None:
        if not self._started:
            self._started = True
            self.way.fault(self.name)
            if self.values["timeout"] > 0:
                self.wait(self.values["timeout"] / 1000)
            else:
                self.close(forced=True)

    def due(self) -> None:
        self.close(forced=True)

    def change(self, toxicity: float) -> None:
        if not self._started:  # the clock cannot be stopped
            super().change(toxicity)
