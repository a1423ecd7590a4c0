"""The same events in other bytes: legal variants of SSE, of chunks and of content coding. Pure.

The cases W01 to W26 and what a decoder must make of each are the table that `tests/wire/test_sse.py` plays;
here are their writers. An event of one line of `data` is what the dialects' encoders make.
"""

import re
import zlib
from collections.abc import Callable

from harness.wire.frame import MAX_LINE
from mock_provider.script import CONTENT, Do, Reframe

Rewrite = Callable[[bytes, int], list[bytes]]
"""(one event, its number from 0) -> the pieces that are written instead, each an HTTP chunk of its own."""

BOM = b"\xef\xbb\xbf"
GROUP = 4  # events in a chunk, where several share one
_ESCAPED = re.compile(rb"(?<!\\)((?:\\\\)*)\\u(2028|2029|0085)")
_SEPARATORS = "\u2028\u2029\u0085"


def events_of(frame: bytes) -> list[bytes]:
    """The SSE events of what an encoder wrote at once; other framings as they are."""
    if not frame.endswith(b"\n\n"):
        return [frame]
    return [event + b"\n\n" for event in frame[:-2].split(b"\n\n")]


class EachEvent:
    """Rewrites one event at a time and keeps nothing but their number."""

    def __init__(self, rewrite: Rewrite) -> None:
        self._rewrite, self._number = rewrite, 0

    def __call__(self, frame: bytes, do: Do, tokens: int) -> list[bytes]:
        pieces: list[bytes] = []
        for event in events_of(frame):
            pieces += self._rewrite(event, self._number)
            self._number += 1
        return pieces

    def end(self) -> list[bytes]:
        return []


class OpenEnd:
    """W15: `missing` line ends of the last event never come. Only the ending is held, so no token is late."""

    def __init__(self, missing: int) -> None:
        self._missing, self._held = missing, b""

    def __call__(self, frame: bytes, do: Do, tokens: int) -> list[bytes]:
        cut = len(frame) - self._missing if do in (Do.FINISH, Do.END) else len(frame)
        piece, self._held = self._held + frame[:cut], frame[cut:]
        return [piece]

    def end(self) -> list[bytes]:
        return []


class NoLastWord:
    """W15-last: the last event that says something lacks its blank line, and no last word comes after it."""

    def __call__(self, frame: bytes, do: Do, tokens: int) -> list[bytes]:
        if do is Do.END:
            return []
        return [frame[:-1] if do is Do.FINISH else frame]

    def end(self) -> list[bytes]:
        return []


class LateTail:
    """Every event of content is cut, and what is behind the cut comes with the next frame.

    Pieces that are written one after the other may reach the peer in one read; these cannot. A token that is
    cut is counted as written when its beginning is.
    """

    def __init__(self, cut: Callable[[bytes], int], line_end: bytes = b"\n") -> None:
        self._cut, self._line_end, self._held = cut, line_end, b""

    def __call__(self, frame: bytes, do: Do, tokens: int) -> list[bytes]:
        frame = frame.replace(b"\n", self._line_end)
        cut = self._cut(frame) if do in CONTENT else len(frame)
        piece, self._held = self._held + frame[:cut], frame[cut:]
        return [piece]

    def end(self) -> list[bytes]:
        held, self._held = self._held, b""
        return [held] if held else []


class Grouped:
    """Several events of content in one piece; `size` 0 puts the whole answer into one."""

    def __init__(self, size: int) -> None:
        self._size, self._held, self._content = size, b"", 0

    def __call__(self, frame: bytes, do: Do, tokens: int) -> list[bytes]:
        self._held += frame
        self._content += do in CONTENT
        if not self._size or (do in CONTENT and self._content % self._size):
            return []
        return self.end()

    def end(self) -> list[bytes]:
        held, self._held = self._held, b""
        return [held] if held else []


class Gzip:
    """Compressed, and flushed after each frame: whoever decompresses as it comes, has each at once."""

    def __init__(self) -> None:
        self._zlib = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)

    def __call__(self, frame: bytes, do: Do, tokens: int) -> list[bytes]:
        return [self._zlib.compress(frame) + self._zlib.flush(zlib.Z_SYNC_FLUSH)]

    def end(self) -> list[bytes]:
        return [self._zlib.flush()]


def _ends(frame: bytes, line: bytes, blank: bytes) -> bytes:
    """The event with its last line ended by `line` and its blank line by `blank`."""
    return frame.removesuffix(b"\n\n") + line + blank


def _long(event: bytes, size: int) -> bytes:
    """Blanks after the brace, where JSON ignores them, until the data line has `size` bytes."""
    start = event.find(b"data: {")
    if start < 0:
        return event
    line = event.find(b"\n", start) - start
    return event.replace(b"data: {", b"data: {" + b" " * max(0, size - line), 1)


def _first_long(event: bytes, number: int, size: int) -> list[bytes]:
    return [_long(event, size) if number == 0 else event]


def _each_byte(event: bytes, number: int = 0) -> list[bytes]:
    return [event[at : at + 1] for at in range(len(event))]


def _in_characters(event: bytes, number: int) -> list[bytes]:
    """Cut after each byte of every character that has several."""
    return re.findall(rb"[\x00-\x7f]*[\x80-\xff]|[\x00-\x7f]+", event)


def _after_first_byte(frame: bytes) -> int:
    """Where the last character of several bytes has shown its first; the end, where there is none."""
    found = re.search(rb"[\xc0-\xff](?=[\x80-\xbf]+[\x00-\x7f]*\Z)", frame)
    return found.end() if found else len(frame)


def _before_last_byte(frame: bytes) -> int:
    return len(frame) - 1


def _named(event: bytes, number: int) -> list[bytes]:
    """An event field before the data, none, or after them; a dialect's own name only moves."""
    if event.startswith(b"event: "):
        name, _, rest = event.partition(b"\n")
        return [event if number % 2 == 0 else _ends(rest, b"\n" + name, b"\n\n")]
    match number % 3:
        case 0:
            return [b"event: message\n" + event]
        case 1:
            return [event]
        case _:
            return [_ends(event, b"\nevent: message", b"\n\n")]


def _numbered(event: bytes, number: int) -> list[bytes]:
    """Every other event has an id, which the next one keeps; a comment between them has none."""
    own = event.startswith(b"id: ") or number % 2
    return [(b"" if own else b"id: %d\n" % number) + event + b": ping\n\n"]


def _separated(event: bytes, number: int) -> list[bytes]:
    """What ends a line for careless code stands raw in the JSON, in the text and in a key of its own."""
    raw = _ESCAPED.sub(lambda found: found[1] + chr(int(found[2], 16)).encode(), event)
    return [raw.replace(b"data: {", b'data: {"separators":"%b",' % _SEPARATORS.encode(), 1)]


def _after_spaces(event: bytes, number: int) -> list[bytes]:
    return re.findall(rb"[^ ]* |[^ ]+", event)


def _each(rewrite: Rewrite) -> Callable[[], Reframe]:
    return lambda: EachEvent(rewrite)


REFRAMES: dict[str, Callable[[], Reframe]] = {
    "W01": _each(lambda event, number: [event]),
    "W02": _each(lambda event, number: [event.replace(b"\n", b"\r\n")]),
    "W03": _each(lambda event, number: [event.replace(b"\n", b"\r")]),
    "W04": _each(lambda event, n: [_ends(event, *((b"\r\n", b"\n") if n % 2 else (b"\n", b"\r\n")))]),
    "W05": _each(lambda event, number: [event.replace(b"data: ", b"data:", 1)]),
    "W06": _each(lambda event, number: [event.replace(b"data: {", b"data:  {", 1)]),
    "W07": _each(lambda event, number: [b": ping\n\n:\n\n: x\n" + event]),
    "W08": _each(_named),
    "W09": _each(_numbered),
    "W10": _each(lambda event, number: [b"retry: 1500\n\nevent: x\n\nid: 7\n\n" + event]),
    "W11": _each(lambda event, number: [b"foo: 1\nbar\n" + event]),
    "W12": _each(lambda event, number: [b"data:\n\n" + event]),
    "W13": _each(lambda event, number: [event.replace(b"data: {", b"data: {\ndata: ", 1)]),
    "W14": _each(lambda event, number: [BOM + event if number == 0 else event]),
    "W14-cut": _each(lambda event, number: [*(_each_byte(BOM) if number == 0 else ()), event]),
    "W15": lambda: OpenEnd(1),
    "W15-bare": lambda: OpenEnd(2),
    "W15-last": NoLastWord,
    "W16": _each(_each_byte),
    "W17": _each(_in_characters),
    "W17-late": lambda: LateTail(_after_first_byte),
    "W18": _each(lambda event, number: re.split(rb"(?=\n)", event.replace(b"\n", b"\r\n"))),
    "W18-late": lambda: LateTail(_before_last_byte, b"\r\n"),
    "W19": _each(_separated),
    "W20": _each(_after_spaces),
    "W21": lambda: Grouped(0),
    "W22": _each(lambda event, number: [_long(event, 65_536)]),
    "W22-million": _each(lambda event, number: _first_long(event, number, 1_000_000)),
    "W22-over": _each(lambda event, number: _first_long(event, number, MAX_LINE + 1)),
    "W26-gzip": Gzip,
    "W26-many": lambda: Grouped(GROUP),
    "W26-byte": _each(_each_byte),
}
