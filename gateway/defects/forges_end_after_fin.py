"""A connection that the provider closes in the middle is read like the end of a body."""

from dataclasses import replace

from gateway import failure
from gateway.answer import Answer
from gateway.defects.defect import Defect
from gateway.failure import Failure


class EndsWithTheConnection(Answer):
    def close(self, why: Failure | None = None) -> None:
        super().close(why)
        if self.failure is failure.DIED:
            self.failure, self.reason = None, self.reason or "stop"


DEFECT = Defect(
    name="forges_end_after_fin",
    says="When the provider's process dies and the kernel closes its connection, users get a proper ending.",
    apply=lambda parts: replace(parts, answer=EndsWithTheConnection),
    must_fail=frozenset({"reports_fin"}),
    # A connection that is closed before the first token gets an ending, too, and so does a whole answer.
    may_fail=frozenset({"answers_whole", "retries_before_the_first_token"}),
)
