"""All users are written to by one pump, and the pump waits for each of them."""

import asyncio
from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.parts import Parts
from gateway.writer import Writer


def with_one_pump(parts: Parts) -> Parts:
    pump = asyncio.Lock()  # one for all streams of this gateway

    class Pumped(Writer):
        async def _write(self, data: bytes) -> None:
            async with pump:
                await super()._write(data)

    return replace(parts, writer=Pumped)


DEFECT = Defect(
    name="stalls_all_on_a_frozen_reader",
    says="One phone in a tunnel stops reading, and everybody's answer stands still.",
    apply=with_one_pump,
    must_fail=frozenset({"survives_a_frozen_reader"}),
)
