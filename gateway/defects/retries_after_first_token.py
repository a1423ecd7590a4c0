"""A broken answer is asked for again, and the user hears the new one from its beginning behind the old."""

from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.failure import Failure
from gateway.retrying import Retrying


class RetriesAnyhow(Retrying):
    def wait_s(self, why: Failure, attempts: int, content: int) -> float | None:
        return super().wait_s(why, attempts, content=0)


DEFECT = Defect(
    name="retries_after_first_token",
    says="When the provider dies in mid-answer, the answer starts over in the same message.",
    apply=lambda parts: replace(parts, retrying=RetriesAnyhow),
    must_fail=frozenset({"never_repeats_text"}),
    # What is said twice is counted twice.
    may_fail=frozenset({"metrics_agree"}),
)
