"""What a fault is: a change to what would have been written."""

from collections.abc import Callable

import msgspec

from harness.dialects.dialect import Dialect
from harness.plan.provider import FaultRule
from mock_provider.requests.request import Problem
from mock_provider.script import Headers, Script


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What a fault may know about the attempt that it spoils."""

    dialect: Dialect
    error: Callable[[Problem, Headers], Script]  # the dialect's own answer with an error status
    input_tokens: int = 0


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the catalogue. `play` is pure; it marks with a FAULT step where the fault begins."""

    play: Callable[[Script, FaultRule, Setting], Script]
    takes: tuple[str, ...] = ()  # rule fields in the short notation's order: kind, seconds, ms, status, then
    kinds: tuple[str, ...] = ()  # its variants; the first is taken when a rule names none
    positional: bool = True  # whether `at_token` means something
    needs_stream: bool = True  # whether it can only be played on a streamed answer
    generates: bool = True  # whether an answer is generated at all
    can_play: Callable[[str, Dialect], bool] = lambda kind, dialect: (
        True
    )  # whether a kind means something there

    def kind(self, rule: FaultRule) -> str:
        return rule.kind or (self.kinds[0] if self.kinds else "")
