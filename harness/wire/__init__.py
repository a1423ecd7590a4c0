"""Bytes <-> frames, without any I/O: `feed(bytes)` returns what the bytes completed; one format a file."""

from harness.wire.ndjson import NdjsonDecoder
from harness.wire.sse import SseDecoder

FrameDecoder = SseDecoder | NdjsonDecoder


def frame_decoder(wire: str) -> FrameDecoder:
    """A fresh decoder for the framing that a dialect names in `wire`. Raises KeyError for another name."""
    kinds: dict[str, type[SseDecoder] | type[NdjsonDecoder]] = {"sse": SseDecoder, "ndjson": NdjsonDecoder}
    return kinds[wire]()
