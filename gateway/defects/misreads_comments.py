"""What stands behind the colon of a line is taken for data, and a comment is a line that begins with one."""

from dataclasses import replace

from gateway.defects.defect import Defect
from harness.wire.frame import Frame
from harness.wire.sse import SseDecoder


class CommentsAreData(SseDecoder):
    def _line(self, line: bytes, frames: list[Frame]) -> None:
        super()._line(b"data" + line if line.startswith(b":") else line, frames)


DEFECT = Defect(
    name="misreads_comments",
    says="The provider's first keep-alive comment is read as JSON and ends the answer.",
    apply=lambda parts: replace(parts, wire=CommentsAreData),
    must_fail=frozenset({"reads_comments"}),
)
