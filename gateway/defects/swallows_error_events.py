"""An error that comes as an event of the stream has no text in it, so it is skipped and the answer over."""

from dataclasses import replace

from gateway.answer import Answer
from gateway.defects.defect import Defect
from harness.dialects.events import Kind, TokenEvent


class NoTextNoEvent(Answer):
    def _take(self, event: TokenEvent, content: list[TokenEvent]) -> None:
        super()._take(event, content)
        if event.kind is Kind.ERROR:
            self.failure, self.reason = None, self.reason or "stop"


DEFECT = Defect(
    name="swallows_error_events",
    says="An overloaded provider that breaks off with an error event leaves a half answer that looks whole.",
    apply=lambda parts: replace(parts, answer=NoTextNoEvent),
    must_fail=frozenset({"reports_error_event"}),
    # A 429 in mid-stream is such an event.
    may_fail=frozenset({"reports_rate_limit_in_stream"}),
)
