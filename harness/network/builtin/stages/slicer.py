"""`slicer`: chunks leave in pieces of about `average_size` B, `delay` microseconds apart."""

import random

from harness.network.builtin.stages.stage import QueueStage


class Toxic(QueueStage):
    attributes = ("average_size", "size_variation", "delay")

    def take(self, data: bytes, stamp: float) -> None:
        """Sizes that would never end, or kill the original, slice nothing."""
        average, variation = self.values["average_size"], self.values["size_variation"]
        if average < 1 or not 0 <= variation < average:
            pieces = [data]
        else:
            pieces = cut_up(data, average, variation, self.way.rng)
        for piece in pieces:
            self.queue.append((piece, stamp))
            self.way.hold(len(piece))
        if self.timer is None:
            self.due()

    def start(self) -> None:
        self.wait(self.values["delay"] / 1e6)

    def due(self) -> None:
        """A pause follows every piece, also the last, before the next chunk's first."""
        if self.values["delay"] <= 0:
            self.let_go()
        elif self.queue:
            data, _ = self.queue.popleft()
            self.pass_on(data, self.way.loop.time())
            self.start()
        self.end_if_empty()


def cut_up(data: bytes, average: int, variation: int, rng: random.Random) -> list[bytes]:
    """Halve again and again, each cut up to `variation` off the middle, until pieces are small enough."""
    if len(data) - average <= variation or len(data) < 2:
        return [data]
    middle = len(data) // 2 + (rng.randint(-variation, variation) if variation else 0)
    middle = min(max(middle, 1), len(data) - 1)
    return cut_up(data[:middle], average, variation, rng) + cut_up(data[middle:], average, variation, rng)
