"""What follows the last blank line is dropped when the body ends, and some providers write no last one."""

from dataclasses import replace

from gateway.answer import Answer
from gateway.defects.defect import Defect
from harness.dialects.events import TokenEvent


class BlankLineOrNothing(Answer):
    def end(self) -> list[TokenEvent]:
        self.close()
        return []


DEFECT = Defect(
    name="loses_last_event",
    says="From some providers the usage, or the last words, never arrive.",
    apply=lambda parts: replace(parts, answer=BlankLineOrNothing),
    must_fail=frozenset({"keeps_the_last_event"}),
)
