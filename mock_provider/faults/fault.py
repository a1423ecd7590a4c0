"""What a fault is: a change to what would have been written."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from harness.plan.provider import FaultRule
from mock_provider.script import Script


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What a fault may know about the attempt that it spoils."""

    error: Callable[[int], Script]  # the dialect's own answer with an error status


class Fault(Protocol):
    @property
    def needs_stream(self) -> bool:
        """Whether it can only be played on a streamed answer."""
        ...

    def label(self, rule: FaultRule) -> str:
        """How the ledger calls it, e.g. `s1@40`."""
        ...

    def play(self, script: Script, rule: FaultRule, setting: Setting) -> Script: ...
