"""Calls of tools, with their arguments and results, are passed on to a user who was not to see them."""

from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.showing import Showing
from harness.plan.plan import GatewayOptions


class ShowsCalls(Showing):
    def __init__(self, options: GatewayOptions) -> None:
        super().__init__(options)
        self._tools = "shown"


DEFECT = Defect(
    name="leaks_tool_calls",
    says="Names, arguments and results of internal tools reach the user's browser.",
    apply=lambda parts: replace(parts, showing=ShowsCalls),
    must_fail=frozenset({"follows_tool_policy"}),
)
