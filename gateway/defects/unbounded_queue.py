"""Whoever comes while all slots are taken waits for one, however many wait already and however long."""

import math
from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.limiter import Limiter
from harness.plan.plan import GatewayOptions


class EndlessQueue(Limiter):
    def __init__(self, options: GatewayOptions) -> None:
        super().__init__(options)
        self._queue, self._queue_s = 1 << 62, math.inf  # as a plain semaphore has it


DEFECT = Defect(
    name="unbounded_queue",
    says="Under overload every user is queued and nobody is told, so that all wait and most for nothing.",
    apply=lambda parts: replace(parts, limiter=EndlessQueue),
    must_fail=frozenset({"bounds_its_queue"}),
)
