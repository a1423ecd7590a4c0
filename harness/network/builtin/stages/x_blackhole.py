"""`x_blackhole` (ours): nothing passes, no end either, and nothing is lost should it be switched off.

With `existing` 1 it takes only connections that were open when it was switched on: a phone that has moved
to another network, whose old path is silent while its new connections work.
"""

from harness.network.builtin.stages.stage import QueueStage, Way


class Toxic(QueueStage):
    attributes = ("existing",)

    def __init__(self, name: str, values: dict[str, int], toxicity: float, way: Way) -> None:
        super().__init__(name, values, toxicity, way)
        self.on = self.on and self._concerned()

    def change(self, toxicity: float) -> None:
        super().change(toxicity if self._concerned() else 0.0)

    def take_end(self, forced: bool) -> None:
        self.ending = forced

    def _concerned(self) -> bool:
        return self.values["existing"] == 0 or self.way.live
