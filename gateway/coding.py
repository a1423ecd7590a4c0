"""Compression of a stream: whatever is given comes out whole, so that no event waits in a compressor."""

import importlib
import zlib
from collections.abc import Callable, Mapping
from typing import Any

_GZIP, _ZLIB = 31, 15  # window bits


class Coding:
    """The coding of one response. `name` is its Content-Encoding, empty where nothing is changed."""

    def __init__(self, accept: str, enabled: bool) -> None:
        """`accept` is the user's Accept-Encoding."""
        self.name = choose(accept) if enabled else ""
        self._squeeze = _SQUEEZERS[self.name]() if self.name else None

    def feed(self, data: bytes) -> bytes:
        """All of `data`, coded and flushed."""
        return self._squeeze.feed(data) if self._squeeze else data

    def end(self) -> bytes:
        """What the format wants after the last byte."""
        return self._squeeze.end() if self._squeeze else b""


def choose(accept: str) -> str:
    """The coding that we have and the user likes best; "" for none (RFC 9110, 12.5.3)."""
    best, chosen = 0.0, ""
    likes = _quality(accept)
    for name in _SQUEEZERS:
        liked = likes.get(name, likes.get("*", 0.0))
        if liked > best:
            best, chosen = liked, name
    return chosen if best >= likes.get("identity", 0.0) else ""


def _quality(accept: str) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for item in accept.lower().split(","):
        name, _, parameter = item.partition(";")
        weight = parameter.strip().removeprefix("q=")
        try:
            found[name.strip()] = float(weight) if weight else 1.0
        except ValueError:
            found[name.strip()] = 0.0
    found.pop("", None)
    return found


class _Zlib:
    def __init__(self, window: int) -> None:
        self._zlib = zlib.compressobj(level=1, wbits=window)

    def feed(self, data: bytes) -> bytes:
        return self._zlib.compress(data) + self._zlib.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        return self._zlib.flush(zlib.Z_FINISH)


class _Brotli:
    def __init__(self, brotli: Any) -> None:
        self._brotli = brotli.Compressor(quality=1)

    def feed(self, data: bytes) -> bytes:
        out: bytes = self._brotli.process(data) + self._brotli.flush()
        return out

    def end(self) -> bytes:
        out: bytes = self._brotli.finish()
        return out


def _squeezers() -> dict[str, Callable[[], "_Zlib | _Brotli"]]:
    # `deflate` means the zlib format (RFC 9110, 8.4.1.2), whatever its name suggests.
    found: dict[str, Callable[[], _Zlib | _Brotli]] = {
        "gzip": lambda: _Zlib(_GZIP),
        "deflate": lambda: _Zlib(_ZLIB),
    }
    try:
        brotli = importlib.import_module("brotli")
    except ImportError:
        return found  # it comes with other libraries, or not at all; then it is not offered
    return {"br": lambda: _Brotli(brotli), **found}


_SQUEEZERS = _squeezers()
