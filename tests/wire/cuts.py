"""Every way in which reads can cut the same bytes, for decoders that must not care."""

from collections.abc import Iterator
from itertools import pairwise


def reads(data: bytes) -> Iterator[list[bytes]]:
    """Whole, byte by byte, then in two at every place."""
    yield [data]
    yield [data[at : at + 1] for at in range(len(data))]
    for at in range(1, len(data)):
        yield [data[:at], data[at:]]


def pieces(data: bytes, places: list[int]) -> list[bytes]:
    """`data` cut at `places`, which may be in any order, repeat, or lie outside."""
    edges = [0, *sorted({place for place in places if 0 < place < len(data)}), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]
