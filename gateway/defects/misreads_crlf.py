"""Events are cut at two line feeds, and some providers end their lines with CRLF, or with CR alone."""

from dataclasses import replace

from gateway.defects.defect import Defect
from harness.wire.frame import Frame
from harness.wire.sse import SseDecoder


class CutAtTwoLineFeeds(SseDecoder):
    def __init__(self) -> None:
        super().__init__()
        self._held = b""

    def feed(self, data: bytes) -> list[Frame]:
        *events, self._held = (self._held + data).split(b"\n\n")
        return super().feed(b"".join(event + b"\n\n" for event in events))


DEFECT = Defect(
    name="misreads_crlf",
    says="From a provider whose lines end with CRLF not one event is understood.",
    apply=lambda parts: replace(parts, wire=CutAtTwoLineFeeds),
    must_fail=frozenset({"reads_any_line_ending"}),
    may_fail=frozenset({"keeps_the_last_event"}),  # what is not cut off stays in the buffer, at the end too
)
