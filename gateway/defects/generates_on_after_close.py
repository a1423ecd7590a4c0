"""Whoever leaves in the middle of an answer is not noticed: its generation is a task that nobody cancels."""

import math
from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.generation import Generation
from gateway.leaving import Leaving


class FinishesWhatItBegan(Leaving):
    def grace_s(self, generation: Generation) -> float:
        return math.inf if generation.pieces else super().grace_s(generation)


DEFECT = Defect(
    name="generates_on_after_close",
    says="A closed tab does not stop the model: tokens are generated, and paid for, that nobody reads.",
    apply=lambda parts: replace(parts, leaving=FinishesWhatItBegan),
    must_fail=frozenset({"stops_on_close"}),
    # An answer that is not streamed has pieces as well.
    may_fail=frozenset({"stops_whole_answer"}),
)
