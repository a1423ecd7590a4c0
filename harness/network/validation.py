"""What may be sent to a network proxy. Toxiproxy checks nothing, and some values kill its whole process.

A negative bandwidth rate, a slicer of size 0 and a slicer that varies by more than its size crash the
server; changing a rate under open connections crashes it too; a rejected change may be half applied. So
every value is checked here before it travels.
"""

import re
from collections.abc import Mapping

from harness.network.chain import HOLD_DOWN, HOLD_UP, Toxic
from harness.network.errors import Invalid

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}:(\d{1,5})|\[[0-9A-Fa-f:.]+\]:(\d{1,5})")

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "latency": ("latency", "jitter"),
    "bandwidth": ("rate",),
    "slow_close": ("delay",),
    "timeout": ("timeout",),
    "reset_peer": ("timeout",),
    "slicer": ("average_size", "size_variation", "delay"),
    "limit_data": ("bytes",),
    "noop": (),
}


def check_name(name: str) -> None:
    """A slash makes a proxy that can never be addressed again, `..` a redirect. Raises Invalid."""
    if not _NAME.fullmatch(name) or name in (".", ".."):
        raise Invalid(f"the name {name!r} must have 1 to 64 letters, digits, dots, dashes or underscores")


def check_address(address: str, what: str, port_zero: bool = False) -> None:
    """Literal ip:port. The server accepts anything, and a host name costs a lookup a connection."""
    match = _ADDRESS.fullmatch(address)
    port = int(match[1] or match[2]) if match else -1
    if not (0 if port_zero else 1) <= port <= 65535:
        raise Invalid(f"{what} {address!r} must be a literal ip:port, e.g. 127.0.0.1:8080")


def check_toxic(toxic: Toxic, static: bool = False) -> None:
    """A toxic about to be created; in a `static` scene toxicity may lie between 0 and 1. Raises Invalid."""
    check_name(toxic.name)
    if toxic.type not in ATTRIBUTES:
        raise Invalid(f"{toxic.name}: {toxic.type!r} is no toxic; known: {', '.join(ATTRIBUTES)}")
    if toxic.stream not in ("upstream", "downstream"):
        raise Invalid(f"{toxic.name}: stream {toxic.stream!r} is neither upstream nor downstream")
    _check_toxicity(toxic.name, toxic.toxicity, static)
    _check_attributes(toxic.name, toxic.type, toxic.attributes)


def check_change(toxic: Toxic, attributes: Mapping[str, int], toxicity: float | None) -> None:
    """A PATCH of `toxic`. Raises Invalid."""
    if toxic.type == "bandwidth" and attributes:
        raise Invalid(
            f"{toxic.name}: changing a rate under open connections crashes the server; "
            "install one toxic a rate and switch between them by toxicity"
        )
    if toxicity is not None:
        _check_toxicity(toxic.name, toxicity, static=False)
    _check_attributes(toxic.name, toxic.type, {**toxic.attributes, **attributes})


def _check_toxicity(name: str, toxicity: float, static: bool) -> None:
    if not (0 <= toxicity <= 1 if static else toxicity in (0, 1)):
        raise Invalid(f"{name}: toxicity {toxicity} must be 0 or 1; chance is drawn from the seed, not there")


def _check_attributes(name: str, kind: str, given: Mapping[str, int]) -> None:
    for key, value in given.items():
        if key not in ATTRIBUTES[kind]:
            raise Invalid(f"{name}: {kind} has no attribute {key}; it has: {', '.join(ATTRIBUTES[kind])}")
        if isinstance(value, bool) or not isinstance(value, int) or not -(1 << 63) <= value < 1 << 63:
            raise Invalid(f"{name}: {key} must be a whole number, not {value!r}")
    at = {key: given.get(key, 0) for key in ATTRIBUTES[kind]}
    wrong = _complaint(name, kind, at)
    if wrong:
        raise Invalid(f"{name}: {wrong}")


def _complaint(name: str, kind: str, at: Mapping[str, int]) -> str:
    match kind:
        case "latency" if not at["latency"] >= at["jitter"] >= 0:
            return f"latency {at['latency']} and jitter {at['jitter']} must keep latency >= jitter >= 0"
        case "bandwidth" if at["rate"] < 1 and not (at["rate"] == 0 and name in (HOLD_UP, HOLD_DOWN)):
            return f"rate {at['rate']} must be at least 1 KB/s; 0 holds everything and is for holds only"
        case "slow_close" if at["delay"] < 0:
            return "delay must not be negative"
        case "timeout" if at["timeout"] < 0:
            return "timeout must not be negative"
        case "reset_peer" if at["timeout"] != 0:
            return "timeout must be 0: while it sleeps, every call to the proxy waits"
        case "slicer" if not (at["average_size"] >= 1 and 0 <= at["size_variation"] < at["average_size"]):
            return "a slicer needs average_size >= 1 and 0 <= size_variation < average_size"
        case "slicer" if at["delay"] < 0:
            return "delay must not be negative"
        case "limit_data" if at["bytes"] < 0:
            # 0 closes at the next data, before a byte of it: what a cut in mid-stream wants.
            return "bytes must not be negative"
    return ""
