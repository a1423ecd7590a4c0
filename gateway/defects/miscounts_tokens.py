"""Events are counted and called tokens. A provider under load puts several tokens into one event."""

from dataclasses import replace

from gateway.answer import Answer
from gateway.defects.defect import Defect
from harness.dialects.events import Kind, TokenEvent, Usage


class CountsEvents(Answer):
    _events = 0

    def _take(self, event: TokenEvent, content: list[TokenEvent]) -> None:
        super()._take(event, content)
        self._events += event.kind in (Kind.TEXT, Kind.REASONING)
        if event.kind is Kind.USAGE and self.usage is not None:
            self.usage = Usage(self.usage.input_tokens, self._events)


DEFECT = Defect(
    name="miscounts_tokens",
    says="The token counts that users and the bill see are the number of events.",
    apply=lambda parts: replace(parts, answer=CountsEvents),
    must_fail=frozenset({"counts_tokens"}),
    # Log and metrics have their counts from there.
    may_fail=frozenset({"logs_true_totals", "metrics_agree"}),
)
