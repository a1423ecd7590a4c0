"""A structured answer whose every value is known beforehand, and what of it was shown when. Pure.

Its schema allows one value in each place, so a half-shown value can be told from a whole one.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from harness.checks.audit import hearing
from harness.checks.audit.check import Heard, Question
from harness.dialects.events import UNREADABLE, Kind

_LONG = "It rises and falls twice a day, and nobody has ever seen it stand still. " * 4
TRUTH: dict[str, Any] = {
    "title": 'Tides, "springs" and néaps 🌊',
    "height_cm": 1234567,
    "rising": False,
    "place": {"name": "Saint-Malo, Bretagne", "country": "France"},
    "body": _LONG.strip(),
    "end": "fin",
}
FIRST = "title"


def _schema(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {
            "type": "object",
            "properties": {name: _schema(inner) for name, inner in value.items()},
            "required": list(value),
            "additionalProperties": False,
        }
    kinds = {bool: "boolean", int: "integer", str: "string"}
    return {"type": kinds[type(value)], "const": value}


SCHEMA = _schema(TRUTH)


def questions(names: Sequence[str]) -> list[Question]:
    """A structured answer for each name, written in about a second."""
    return [
        Question(name=name, endpoint="structured", schema=SCHEMA, itl_ms=12.0, limits=hearing.BRIEF)
        for name in names
    ]


def at(path: str) -> Any:
    """The true value at a JSON pointer. Raises LookupError where there is none."""
    value: Any = TRUTH
    for name in path.split("/")[1:]:
        if not isinstance(value, dict):
            raise LookupError(path)
        value = value[name.replace("~1", "/").replace("~0", "~")]
    return value


def shown(one: Heard) -> list[tuple[int, str, Any]]:
    """(when, JSON pointer, value) of each part that was shown as complete, in order; the root's pointer is
    empty. A value that is no JSON is given as its text."""
    found = []
    for arrived in one.events:
        if arrived.event.kind is Kind.FIELD:
            try:
                value = msgspec.json.decode(arrived.event.text)
            except UNREADABLE:
                value = arrived.event.text
            found.append((arrived.t_ns, arrived.event.code, value))
    return found


def untrue(path: str, value: Any) -> str:
    """What is wrong with a value shown at `path`; empty for a true one. Objects may lack members yet."""
    try:
        true = at(path)
    except LookupError:
        return f"{path or '/'} is not in the schema"
    return _differs(path, value, true)


def _differs(path: str, value: Any, true: Any) -> str:
    if isinstance(true, dict) and isinstance(value, dict):
        for name, inner in value.items():
            if name not in true:
                return f"{path}/{name} is not in the schema"
            if why := _differs(f"{path}/{name}", inner, true[name]):
                return why
        return ""
    if value == true and type(value) is type(true):
        return ""
    return f"{path or '/'} was shown as {_brief(value)} instead of {_brief(true)}"


def complete(parts: Sequence[tuple[int, str, Any]]) -> set[str]:
    """Pointers of all values, below objects, that the parts show."""
    return {pointer for _, path, value in parts for pointer in _leaves(path, value)}


def leaves() -> set[str]:
    """Pointers of all values of a whole answer."""
    return set(_leaves("", TRUTH))


def _leaves(path: str, value: Any) -> list[str]:
    if isinstance(value, dict):
        return [pointer for name, inner in value.items() for pointer in _leaves(f"{path}/{name}", inner)]
    return [path]


def _brief(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 40 else f"{text[:37]}..."
