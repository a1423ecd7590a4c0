"""`slow_close`: an end waits `delay` ms; bytes do not. Switching it off lets the end go at once."""

from harness.network.builtin.stages.stage import QueueStage


class Toxic(QueueStage):
    attributes = ("delay",)

    def take(self, data: bytes, stamp: float) -> None:
        self.next.receive(data, stamp)

    def take_end(self, forced: bool) -> None:
        self.ending = forced
        self.start()

    def start(self) -> None:
        if self.ending is not None:
            self.wait(self.values["delay"] / 1000)

    def due(self) -> None:
        self.end_if_empty()
