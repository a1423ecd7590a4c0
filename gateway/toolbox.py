"""Runs the model's tool calls on the server: each with a time limit, none able to break the answer."""

import asyncio
from collections.abc import Sequence

from gateway import tools
from gateway.calls import arguments_of
from gateway.tools.tool import BadArguments
from harness.dialects.dialect import ToolCall, ToolOffer
from harness.plan.plan import GatewayOptions


class Toolbox:
    """The tools that a model may call here. Whatever goes wrong with a call is told to the model, which can
    do better in the next round; its user is not to blame for it."""

    def __init__(self, options: GatewayOptions) -> None:
        """Raises ValueError for a tool on offer that no file has."""
        self._limit_s = options.tool_s
        self.offers: tuple[ToolOffer, ...] = tuple(
            tools.load(name).offer for name in options.offer_tools.split(",") if name
        )

    async def run(self, calls: Sequence[ToolCall]) -> list[str]:
        """What each of `calls` gave back, in their order; they run side by side."""
        return list(await asyncio.gather(*(self._one(call) for call in calls)))

    async def _one(self, call: ToolCall) -> str:
        try:
            tool = tools.load(call.name)
        except ValueError as error:
            return f"error: {error}"
        arguments = arguments_of(call)
        if arguments is None:
            return "error: the arguments are not a JSON object"
        try:
            async with asyncio.timeout(self._limit_s):
                # In a thread: a tool may wait or compute, and other users' streams must not.
                return await asyncio.to_thread(tool.run, arguments)
        except TimeoutError:
            return f"error: {call.name} took longer than {self._limit_s:g} s"
        except BadArguments as error:
            return f"error: {error}"
