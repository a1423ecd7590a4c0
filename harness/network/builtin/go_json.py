"""JSON as Go's encoder and decoder treat it, as far as the API shows it.

Keys are matched without regard to case, unknown ones are ignored, null and missing values leave things
alone, and a fraction, a string or a number beyond 64 bits is no integer.
"""

import json
import struct
from typing import Any

import msgspec

_DECODER = json.JSONDecoder()
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_NAMES = {dict: "object", list: "array", str: "string", bool: "bool", int: "number", float: "number"}


class BadBody(Exception):
    """Not what was asked for; the text follows `bad request body: `."""


def decode(body: bytes) -> Any:
    """The first JSON value of `body`; what follows it is ignored, as Go's stream decoder does."""
    text = body.decode("utf-8", "replace").lstrip()
    if not text:
        raise BadBody("EOF")
    try:
        return _DECODER.raw_decode(text)[0]
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadBody(f"invalid JSON: {error}") from None


def decode_object(body: bytes) -> dict[str, Any]:
    """The object in `body`, keys in lower case; `null` is an empty one."""
    return lower(decode(body))


def lower(value: Any) -> dict[str, Any]:
    """An object with keys in lower case, without what is null."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadBody(f"cannot read {_NAMES[type(value)]} as an object")
    return {key.lower(): each for key, each in value.items() if each is not None}


def take(values: dict[str, Any], key: str, kind: type, default: Any) -> Any:
    """`values[key]`, of `kind` str, bool or float; `default` if it is missing."""
    value = values.get(key, default)
    allowed = (int, float) if kind is float else (kind,)
    if not isinstance(value, allowed) or (kind is float and isinstance(value, bool)):
        raise BadBody(f"cannot read {_NAMES[type(value)]} as {key}")
    return value


def integers(values: dict[str, Any], keys: tuple[str, ...]) -> dict[str, int]:
    """Those of `keys` that are given, each a 64-bit integer."""
    found = {}
    for key in keys:
        value = values.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or not -(1 << 63) <= value < 1 << 63:
            raise BadBody(f"cannot read {value!r} as integer {key}")
        found[key] = value
    return found


def float32(value: float) -> float:
    """`value` as 32 bits keep it."""
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        raise BadBody(f"cannot read {value} as a number of 32 bits") from None


def shown_float32(value: float) -> float | int:
    """The shortest number that reads back as the same 32 bits; without a fraction an integer."""
    for digits in range(1, 10):
        short = float(f"{value:.{digits}g}")
        if float32(short) == float32(value):
            break
    return int(short) if short.is_integer() and abs(short) < 1e15 else short


def encode(value: Any) -> bytes:
    """JSON with Go's escapes, which keep it safe inside HTML."""
    text = msgspec.json.encode(value).decode()
    for plain, escaped in _ESCAPES.items():
        text = text.replace(plain, escaped)
    return text.encode()
