"""Which stream a request belongs to, and the how manieth try it is."""

import hashlib
import zlib
from collections import OrderedDict
from dataclasses import dataclass

from harness.answer import marked_streams

_UNMARKED = 1_000_000  # streams of requests without an id are numbered from here, clear of planned ones


@dataclass(frozen=True, slots=True)
class Identity:
    """Which stream a request belongs to. `recorded` is what the ledger says: -1 no mark, -2 several."""

    stream: int
    recorded: int


def identify(prompt: str) -> Identity:
    """The stream marked in `prompt`; without exactly one, a number made from the prompt, and the truth."""
    marked = set(marked_streams(prompt))
    if len(marked) == 1:
        stream = marked.pop()
        return Identity(stream, stream)
    return Identity(_UNMARKED + zlib.crc32(prompt.encode()) % _UNMARKED, -2 if marked else -1)


class Attempts:
    """How often each stream has come to this provider; the oldest are forgotten beyond `bound`."""

    def __init__(self, bound: int = 50_000) -> None:
        self._seen: OrderedDict[int, int] = OrderedDict()
        self._bound = bound

    def count(self, identity: Identity) -> int:
        """1 for the first. Requests without an id are not told apart, so each of them is a first."""
        if identity.recorded < 0:
            return 1
        number = self._seen.pop(identity.stream, 0) + 1
        self._seen[identity.stream] = number
        if len(self._seen) > self._bound:
            self._seen.popitem(last=False)
        return number

    def so_far(self, stream: int) -> int:
        return self._seen.get(stream, 0)


def key_digest(key: str) -> str:
    """How a ledger names a key: enough to tell keys apart, too little to use one."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:8] if key else ""
