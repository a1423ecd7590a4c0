"""The response is compressed like any other: zlib keeps what it is given until it has enough of it."""

import zlib
from dataclasses import replace

from gateway.coding import Coding
from gateway.defects.defect import Defect

_WINDOW_BITS = {"gzip": 31, "deflate": 15}


class Unflushed(Coding):
    def __init__(self, accept: str, enabled: bool) -> None:
        super().__init__(accept, enabled)
        bits = _WINDOW_BITS.get(self.name)  # brotli stays right: it is another library's module
        self._zlib = zlib.compressobj(wbits=bits) if bits else None

    def feed(self, data: bytes) -> bytes:
        return self._zlib.compress(data) if self._zlib else super().feed(data)

    def end(self) -> bytes:
        return self._zlib.flush() if self._zlib else super().end()


DEFECT = Defect(
    name="compresses_without_flush",
    says="A browser that accepts gzip gets nothing for most of the answer, and then all of it.",
    apply=lambda parts: replace(parts, coding=Unflushed),
    must_fail=frozenset({"compresses_and_flushes"}),
)
