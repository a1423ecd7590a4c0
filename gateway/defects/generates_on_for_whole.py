"""Leaving is watched for where answers are streamed, and not where they are given in one piece."""

import math
from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.generation import Generation
from gateway.leaving import Leaving


class WatchesStreamsOnly(Leaving):
    def grace_s(self, generation: Generation) -> float:
        return math.inf if generation.endpoint == "whole" else super().grace_s(generation)


DEFECT = Defect(
    name="generates_on_for_whole",
    says="A batch client that times out and asks again has two answers generated, and the next time three.",
    apply=lambda parts: replace(parts, leaving=WatchesStreamsOnly),
    must_fail=frozenset({"stops_whole_answer"}),
)
