"""Each read is turned into text by itself, though a read may end in the middle of a character."""

from dataclasses import replace

from gateway.defects.defect import Defect
from harness.wire.frame import Frame
from harness.wire.sse import SseDecoder


class TextOfEachRead(SseDecoder):
    def feed(self, data: bytes) -> list[Frame]:
        return super().feed(data.decode("utf-8", errors="replace").encode())


DEFECT = Defect(
    name="splits_utf8",
    says="Now and then an emoji or an umlaut reaches the user as two or three question marks in diamonds.",
    apply=lambda parts: replace(parts, wire=TextOfEachRead),
    must_fail=frozenset({"splits_no_character"}),
)
