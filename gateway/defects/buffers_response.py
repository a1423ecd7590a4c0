"""The response is collected and sent when complete, as by frameworks and proxies that know no streams."""

from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.writer import Writer


class SendsAtTheEnd(Writer):
    _held = b""

    async def write(self, data: bytes) -> None:
        self._held += data

    async def close(self) -> None:
        await super().write(self._held)
        await super().close()


DEFECT = Defect(
    name="buffers_response",
    says="Users look at an empty page for the whole answer, and then it is there at once.",
    apply=lambda parts: replace(parts, writer=SendsAtTheEnd),
    must_fail=frozenset({"does_not_hold_back"}),
    # Nothing leaves before the end: no sign of life, no first token, no field, no word of a stall.
    may_fail=frozenset(
        {
            "compresses_and_flushes",
            "beats_in_silence",
            "passes_first_token_on",
            "reports_a_stall",
            "shows_fields_early",
        }
    ),
)
