"""An exception on a connection that was reset is caught where the end of the body is handled."""

from dataclasses import replace

from gateway import failure
from gateway.answer import Answer
from gateway.defects.defect import Defect
from gateway.failure import Failure


class ResetIsAnEnd(Answer):
    def close(self, why: Failure | None = None) -> None:
        super().close(why)
        if self.failure is failure.RESET:
            self.failure, self.reason = None, self.reason or "stop"


DEFECT = Defect(
    name="forges_end_after_reset",
    says="A connection to the provider that is reset in mid-answer ends the answer as if it were whole.",
    apply=lambda parts: replace(parts, answer=ResetIsAnEnd),
    must_fail=frozenset({"reports_reset"}),
)
