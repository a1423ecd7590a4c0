"""Whether an answer of the provider is the last word, or it has to be asked on with what its tools said."""

from collections.abc import Sequence

import msgspec

from gateway.answer import Answer
from gateway.calls import arguments_of
from gateway.failure import Failure, Refused
from gateway.toolbox import Toolbox
from harness.dialects.dialect import Ask, ToolCall, Turn
from harness.dialects.events import Kind, TokenEvent
from harness.plan.plan import GatewayOptions

TOO_MANY = Failure(502, "too_many_tool_rounds", "the model kept calling tools and gave no answer")


class Rounds:
    """One question of a user may take several of ours: as long as the model calls tools, they are run here
    and it is asked again with what they gave back, in a bounded number of rounds.

    A user who brings tools runs them; the model's calls are then the answer.
    """

    def __init__(self, options: GatewayOptions) -> None:
        self._toolbox = Toolbox(options)
        self._most = options.tool_rounds
        self._rounds = self._calls = 0
        self._ours = True  # the tools, if there are any

    def begin(self, ask: Ask) -> Ask:
        """The first question to the provider, with the tools on offer."""
        self._ours = not ask.tools
        if not self._ours or not self._toolbox.offers:
            return ask
        return msgspec.structs.replace(ask, tools=self._toolbox.offers)

    async def go_on(
        self, ask: Ask, answer: Answer, content: list[TokenEvent]
    ) -> tuple[Ask, list[TokenEvent]] | None:
        """After a whole `answer` to `ask`, made of `content`: the next question, and what the tools gave
        back; None when the answer is the last word. Raises Refused when there have been enough rounds."""
        calls = answer.calls.whole(self._calls + 1) if self._ours else []
        if not calls:
            return None
        if self._rounds == self._most:
            raise Refused(TOO_MANY)
        self._rounds += 1
        self._calls += len(calls)
        results = await self._toolbox.run(calls)
        text = "".join(event.text for event in content if event.kind is Kind.TEXT)
        told = [
            TokenEvent(Kind.RESULT, result, call.name, id=call.id)
            for call, result in zip(calls, results, strict=True)
        ]
        return follow_up(ask, text, calls, results), told


def follow_up(ask: Ask, text: str, calls: Sequence[ToolCall], results: Sequence[str]) -> Ask:
    """The question after `ask` was answered with `text` and `calls`, and these gave `results`."""
    # Arguments that are no object broke the call already; sent back as they are, they break the request.
    readable = tuple(
        call if arguments_of(call) is not None else msgspec.structs.replace(call, arguments="{}")
        for call in calls
    )
    said = Turn(role="assistant", text=text, calls=readable)
    back = (
        Turn(role="tool", text=result, call_id=call.id) for call, result in zip(calls, results, strict=True)
    )
    return msgspec.structs.replace(ask, turns=(*ask.conversation, said, *back))
