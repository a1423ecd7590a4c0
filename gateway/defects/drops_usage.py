"""Reading stops at the finish reason, and the event with the usage comes behind it."""

from dataclasses import replace

from gateway.answer import Answer
from gateway.defects.defect import Defect
from harness.dialects.events import Kind, TokenEvent


class StopsAtTheFinish(Answer):
    def _take(self, event: TokenEvent, content: list[TokenEvent]) -> None:
        super()._take(event, content)
        if event.kind is Kind.FINISH:
            self.over = True


DEFECT = Defect(
    name="drops_usage",
    says="Answers end without token counts, though the provider sent them.",
    apply=lambda parts: replace(parts, answer=StopsAtTheFinish),
    must_fail=frozenset({"reports_usage"}),
    # Who has no counts estimates them, in the log as well, or says nothing.
    may_fail=frozenset({"counts_tokens", "logs_true_totals", "metrics_agree", "speaks_openai"}),
)
