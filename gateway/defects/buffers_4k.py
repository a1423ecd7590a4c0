"""What is written goes through a buffer of 4 KiB that is emptied when it is full."""

from dataclasses import replace

from gateway.defects.buffers_response import DEFECT as WHOLE
from gateway.defects.defect import Defect
from gateway.writer import Writer

_BLOCK = 4096


class Blocks(Writer):
    _held = b""

    async def write(self, data: bytes) -> None:
        self._held += data
        while len(self._held) >= _BLOCK:
            block, self._held = self._held[:_BLOCK], self._held[_BLOCK:]
            await super().write(block)

    async def close(self) -> None:
        await super().write(self._held)
        await super().close()


DEFECT = Defect(
    name="buffers_4k",
    says="Short answers come all at once, long ones a paragraph at a time.",
    apply=lambda parts: replace(parts, writer=Blocks),
    must_fail=frozenset({"does_not_hold_back"}),
    may_fail=WHOLE.may_fail,  # to an answer of less than 4 KiB the two are the same
)
