"""Every failure is asked again at once, many times, whatever the provider says about when to come back."""

from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.failure import Failure
from gateway.retrying import Retrying

_ATTEMPTS = 12


class Storm(Retrying):
    def wait_s(self, why: Failure, attempts: int, content: int) -> float | None:
        return 0.0 if not content and why.passing and attempts < _ATTEMPTS else None


DEFECT = Defect(
    name="retry_storm",
    says="A provider that is overloaded and says so gets each question twelve times within a second.",
    apply=lambda parts: replace(parts, retrying=Storm),
    must_fail=frozenset({"retries_politely"}),
)
