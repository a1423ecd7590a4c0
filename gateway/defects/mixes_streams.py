"""Streams have places in a table of fixed size; with more streams than places, two users share one."""

import asyncio
from dataclasses import replace
from weakref import WeakSet

from aiohttp import web

from gateway.coding import Coding
from gateway.defects.defect import Defect
from gateway.parts import Parts
from gateway.writer import Writer

_PLACES = 32


class Place:
    """What is to be sent next to the user of this place."""

    def __init__(self) -> None:
        self.users: WeakSet[Writer] = WeakSet()
        self.pending = b""


def with_a_table(parts: Parts) -> Parts:
    table = [Place() for _ in range(_PLACES)]

    class FromTheTable(Writer):
        def __init__(self, request: web.Request, coding: Coding, limit_s: float) -> None:
            super().__init__(request, coding, limit_s)
            self._place = min(table, key=lambda place: len(place.users))
            self._place.users.add(self)

        async def write(self, data: bytes) -> None:
            self._place.pending += data
            await asyncio.sleep(0)  # anything that is awaited here lets the other user's turn come between
            pending, self._place.pending = self._place.pending, b""
            await super().write(pending)

    return replace(parts, writer=FromTheTable)


DEFECT = Defect(
    name="mixes_streams",
    says="At a busy hour some users read pieces of other users' answers.",
    apply=with_a_table,
    must_fail=frozenset({"keeps_streams_apart"}),
)
