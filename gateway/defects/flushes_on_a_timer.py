"""Tokens are collected and sent five times a second, to save writes or redraws."""

from dataclasses import replace

from gateway.chunks import Chunks
from gateway.defects.defect import Defect

_EVERY_S = 0.2


class OnATimer(Chunks):
    def __init__(self, flush_s: float = 0.0, flush_bytes: int = 0) -> None:
        super().__init__(max(flush_s, _EVERY_S))


DEFECT = Defect(
    name="flushes_on_a_timer",
    says="Text comes in jerks of 200 ms instead of as it is written.",
    apply=lambda parts: replace(parts, chunks=OnATimer),
    must_fail=frozenset({"does_not_hold_back"}),
    may_fail=frozenset({"compresses_and_flushes"}),  # it looks for events that are held, for whatever reason
)
