"""Reasoning is passed on like text, though the policy is to hide it."""

from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.showing import Showing
from harness.plan.plan import GatewayOptions


class ShowsReasoning(Showing):
    def __init__(self, options: GatewayOptions) -> None:
        super().__init__(options)
        self._reasoning = "shown"


DEFECT = Defect(
    name="leaks_reasoning",
    says="Users read what the model thinks to itself, which nobody meant them to.",
    apply=lambda parts: replace(parts, showing=ShowsReasoning),
    must_fail=frozenset({"follows_reasoning_policy"}),
)
