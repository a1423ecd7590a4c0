"""What every decoder of this package returns, and how it refuses."""

from collections.abc import Sequence
from typing import Any

import msgspec

MAX_LINE = 1 << 20  # a longer line is corrupt, not memory
MAX_FRAME = 4 << 20


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One message of the wire. `data` is undecoded, so that bad UTF-8 harms this frame alone."""

    data: bytes
    event: str = ""
    id: str = ""


class WireError(Exception):
    """The bytes break the format or a bound; the stream they came from is corrupt.

    `completed` is what the same read had completed before the offence (frames or body pieces), so that a
    reader sees as much of a broken stream however the network cut it.
    """

    def __init__(self, message: str, completed: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.completed = completed
