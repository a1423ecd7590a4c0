"""What is wrong with an operator's JSON, for people: which entry, which key, and the keys that there are."""

import difflib
import re
from collections.abc import Callable
from typing import Any, get_args

import msgspec

from harness.dialects.events import UNREADABLE

_UNKNOWN = re.compile(r"Object contains unknown field `(.+)`")
_EXPECTED = re.compile(r"Expected `(.+)`, got `(.+)`")
_JSON = {"object": "a mapping", "array": "a list", "str": "a text", "int": "a whole number"}


def complaint(error: msgspec.ValidationError, body: bytes, kind: Any) -> str:
    """What to say of `error`, raised when `body` was read as `kind`: a dict or list of one sort of entry."""
    try:
        msgspec.json.decode(body)
    except UNREADABLE as broken:  # further on it is no JSON at all
        return str(broken)
    message, _, where = str(error).partition(" - at ")
    path = where.strip("`")
    if path.startswith("key"):
        bad = _first(body, lambda key, _: msgspec.convert(key, int, strict=False))
        return f"{bad} is no stream id; write the number that the prompt's mark [sid:…] holds"
    if "[...]" in path:
        bad = _first(body, lambda _, entry: msgspec.json.decode(entry, type=get_args(kind)[-1]))
        path = path.replace("[...]", f".{bad}")
    place = path.removeprefix("$").removeprefix(".")
    if unknown := _UNKNOWN.fullmatch(message):
        known = sorted(_struct(get_args(kind)[-1], path).__struct_fields__)
        near = difflib.get_close_matches(unknown[1], known, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        message = f"unknown key {unknown[1]}; {hint}known here: {', '.join(known)}"
    elif wrong := _EXPECTED.fullmatch(message):
        wanted = " or ".join(_JSON.get(word, word) for word in wrong[1].split(" | "))
        message = f"expected {wanted}, found {_JSON.get(wrong[2], wrong[2])}"
    return f"{place}: {message}" if place else message


def _first(body: bytes, read: Callable[[str, msgspec.Raw], object]) -> str:
    """The first key whose entry cannot be read; msgspec does not say which it was."""
    for key, entry in msgspec.json.decode(body, type=dict[str, msgspec.Raw]).items():
        try:
            read(key, entry)
        except msgspec.ValidationError:
            return key
    return "?"


def _struct(entry: Any, path: str) -> Any:
    """The struct at `path`, which leads from an entry into its fields."""
    for name in path.split(".")[1:]:
        fields = {field.encode_name: field.type for field in msgspec.structs.fields(entry)}
        entry = fields.get(name, entry)
    return entry
