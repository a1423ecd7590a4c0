"""When the process is told to stop it stops, with whatever is open."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.draining import Draining


class NoDraining(Draining):
    async def drain(self, cut: Callable[[], None], hurry: asyncio.Event) -> None:
        self.begun = True


DEFECT = Defect(
    name="drops_on_drain",
    says="Every deployment breaks the answers that are under way.",
    apply=lambda parts: replace(parts, draining=NoDraining),
    must_fail=frozenset({"drains_gracefully"}),
)
