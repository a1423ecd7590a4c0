"""What every decoder of this package returns."""

import msgspec

MAX_LINE = 1 << 20  # a longer line is corrupt, not memory
MAX_FRAME = 4 << 20


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One message of the wire. `data` is undecoded, so that bad UTF-8 harms this frame alone."""

    data: bytes
    event: str = ""
    id: str = ""


class WireError(Exception):
    """The bytes break the format or a bound; the stream they came from is corrupt."""
