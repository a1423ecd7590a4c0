"""One time limit around the whole request, as HTTP clients offer it, where a limit for silence was meant."""

from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.patience import Patience


class TotalLimit(Patience):
    def heard(self, now: float, content: bool) -> None:
        silence = self._silence
        super().heard(now, content)
        self._silence = silence  # bytes that come do not move it


DEFECT = Defect(
    name="counts_total_as_idle",
    says="An answer that flows without a pause is cut off once it is as long as the idle limit.",
    apply=lambda parts: replace(parts, patience=TotalLimit),
    must_fail=frozenset({"survives_length"}),
    # Users who go on reading beside one who does not, for longer than the limit.
    may_fail=frozenset({"survives_a_frozen_reader"}),
)
