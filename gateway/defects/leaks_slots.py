"""A slot is given back where the answer ends, and nobody thought of answers that are left in the middle."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.limiter import Limiter


class LeakyLimiter(Limiter):
    @asynccontextmanager
    async def slot(self) -> AsyncIterator[float]:
        queued_s = await self._take()
        yield queued_s
        self.release()  # not in a `finally`: whoever is cancelled keeps the slot for ever


DEFECT = Defect(
    name="leaks_slots",
    says="A user who leaves in the middle of an answer keeps a slot until the gateway is restarted.",
    apply=lambda parts: replace(parts, limiter=LeakyLimiter),
    must_fail=frozenset({"frees_on_abort"}),
)
