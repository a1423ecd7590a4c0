"""Which of an answer's content its users may see: the policies for reasoning and for tools. Pure."""

from gateway.calls import Calls
from harness.dialects.events import Kind, TokenEvent
from harness.plan.plan import GatewayOptions

_THINKING = TokenEvent(Kind.NOTE, code="thinking")


class Showing:
    """`hidden`: users hear nothing of it. `annotated`: they hear that it happens, once for each stretch of
    reasoning and for each call, and none of its words. `shown`: they hear all of it.

    Text is always shown. A provider streams tool calls in pieces, which nobody can use before the last one; a
    shown call is said whole, when the provider's answer is over.
    """

    def __init__(self, options: GatewayOptions) -> None:
        self._reasoning, self._tools = options.reasoning, options.tools
        self._thinking = False  # the last content was reasoning, and that has been said
        self._calls, self._before = Calls(), 0  # of this answer of the provider; of those before it

    def show(self, events: list[TokenEvent]) -> list[TokenEvent]:
        """What users hear of `events`: an answer's content, or what tools gave back."""
        return [shown for event in events if (shown := self._one(event)) is not None]

    def end(self) -> list[TokenEvent]:
        """What users hear when the provider's answer is whole."""
        calls = self._calls.whole(self._before + 1)
        self._calls, self._before = Calls(), self._before + len(calls)
        if self._tools != "shown":
            return []
        return [TokenEvent(Kind.TOOL, call.arguments, call.name, id=call.id) for call in calls]

    def _one(self, event: TokenEvent) -> TokenEvent | None:
        again, self._thinking = self._thinking, event.kind is Kind.REASONING
        match event.kind:
            case Kind.REASONING if self._reasoning == "annotated":
                return None if again else _THINKING
            case Kind.REASONING:
                return event if self._reasoning == "shown" else None
            case Kind.TOOL:
                self._calls.take(event)
                note = self._tools == "annotated" and event.code
                return TokenEvent(Kind.NOTE, event.code, "calling") if note else None
            case Kind.RESULT:
                return event if self._tools == "shown" else None
            case _:
                return event
