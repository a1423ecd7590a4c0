"""Which phase an instant belongs to. Pure."""

from collections.abc import Sequence

from harness.clock import SECOND
from harness.plan.phases import Phase


class PhaseClock:
    """The phases of a plan laid out from `start_ns`."""

    def __init__(self, phases: Sequence[Phase], start_ns: int) -> None:
        self.start_ns = start_ns
        self.spans: list[tuple[int, int, Phase]] = []
        begin = start_ns
        for phase in phases:
            end = begin + int(phase.duration_s * SECOND)
            self.spans.append((begin, end, phase))
            begin = end
        self.end_ns = begin

    def at(self, instant_ns: int) -> Phase | None:
        """The phase at an instant; None before the first and after the last."""
        for begin, end, phase in self.spans:
            if begin <= instant_ns < end:
                return phase
        return None

    def next_closed(self, scenario: str, from_ns: int) -> tuple[int, Phase] | None:
        """The earliest instant from `from_ns` on that lies in a closed-loop phase of `scenario`, and it."""
        for begin, end, phase in self.spans:
            if phase.load.closed and phase.scenario_name == scenario and from_ns < end:
                return max(begin, from_ns), phase
        return None
