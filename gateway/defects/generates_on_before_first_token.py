"""The user's leaving is noticed by the next write, and before the first token there is none."""

import math
from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.generation import Generation
from gateway.leaving import Leaving


class DeafUntilTheFirstToken(Leaving):
    def grace_s(self, generation: Generation) -> float:
        return super().grace_s(generation) if generation.pieces else math.inf


DEFECT = Defect(
    name="generates_on_before_first_token",
    says="Who gives up while waiting leaves the model at work on an answer that nobody will hear.",
    apply=lambda parts: replace(parts, leaving=DeafUntilTheFirstToken),
    must_fail=frozenset({"stops_before_first_token"}),
)
