"""Each data line overwrites the one before, though an event may have several that belong together."""

from dataclasses import replace

from gateway.defects.defect import Defect
from harness.wire.frame import Frame
from harness.wire.sse import SseDecoder


class LastLineOnly(SseDecoder):
    def _line(self, line: bytes, frames: list[Frame]) -> None:
        if line.startswith(b"data"):
            self._data.clear()
        super()._line(line, frames)


DEFECT = Defect(
    name="misreads_multiline_data",
    says="An event whose data is spread over several lines is read as its last line.",
    apply=lambda parts: replace(parts, wire=LastLineOnly),
    must_fail=frozenset({"reads_multiline_data"}),
)
