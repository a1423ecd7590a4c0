"""The provider's body has ended, so the answer has: nobody looks whether its last word was in it."""

from dataclasses import replace

from gateway import failure
from gateway.answer import Answer
from gateway.defects.defect import Defect
from gateway.failure import Failure


class EndsWithTheBody(Answer):
    def close(self, why: Failure | None = None) -> None:
        super().close(why)
        if self.failure is failure.TRUNCATED:
            self.failure, self.reason = None, self.reason or "stop"


DEFECT = Defect(
    name="forges_end_after_truncation",
    says="Half an answer is ended like a whole one when the provider's body ends early, but cleanly.",
    apply=lambda parts: replace(parts, answer=EndsWithTheBody),
    must_fail=frozenset({"reports_truncation"}),
)
