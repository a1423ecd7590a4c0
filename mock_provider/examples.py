"""A value that a JSON schema allows: for the arguments of tools and for answers that must be JSON."""

from typing import Any

from harness.answer import WORDS
from harness.plan.draws import Rng

_DEEPEST = 8  # a schema may refer to itself; below this only what it requires
_LARGEST = 10_000  # values, items or characters that a schema may demand


class BadSchema(Exception):
    """A schema that makes no sense, or demands more than a mock will give."""


def example(schema: dict[str, Any], rng: Rng) -> Any:
    """One value of `schema`, as small as it may be but with every property that it names.

    Keywords that only narrow strings (pattern, format) are not obeyed. Raises BadSchema.
    """
    try:
        return _Maker(schema, rng).value(schema, 0)
    except (TypeError, ValueError, AttributeError, KeyError, IndexError, OverflowError) as error:
        raise BadSchema(f"the JSON schema makes no sense: {error}") from None


class _Maker:
    """Makes one value, and counts what it makes: a few bytes of schema can demand billions of items."""

    def __init__(self, root: dict[str, Any], rng: Rng) -> None:
        self._root, self._rng, self._left = root, rng, _LARGEST

    def value(self, schema: dict[str, Any], depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > 4 * _DEEPEST:
            raise ValueError(f"it demands more than {_LARGEST} values, or has no end")
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][int(self._rng.integers(len(schema["enum"])))]
        for choice in ("anyOf", "oneOf"):
            if schema.get(choice):
                return self.value(schema[choice][0], depth + 1)
        match _kind(schema):
            case "object":
                properties = schema.get("properties") or {}
                wanted = properties if depth < _DEEPEST else schema.get("required", [])
                return {str(name): self.value(properties.get(name, {}), depth + 1) for name in wanted}
            case "array":
                least = 1 if depth < _DEEPEST else 0
                count = max(_bounded(schema.get("minItems", least)), least)
                return [self.value(schema.get("items") or {}, depth + 1) for _ in range(count)]
            case "integer":
                return int(self._number(schema))
            case "number":
                return self._number(schema)
            case "boolean":
                return bool(self._rng.integers(2))
            case "null":
                return None
            case _:
                return self._text(schema)

    def _text(self, schema: dict[str, Any]) -> str:
        text = WORDS[int(self._rng.integers(len(WORDS)))].ljust(_bounded(schema.get("minLength", 0)), "x")
        return text[: int(schema.get("maxLength", len(text)))]

    def _number(self, schema: dict[str, Any]) -> float:
        low = float(schema.get("minimum", schema.get("exclusiveMinimum", 0)))
        low += 1 if "exclusiveMinimum" in schema else 0
        high = float(schema.get("maximum", schema.get("exclusiveMaximum", low + 100)))
        return low + float(self._rng.integers(max(1, int(high - low) + ("maximum" in schema))))

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        for _ in range(_DEEPEST):
            pointer = schema.get("$ref")
            if not isinstance(pointer, str) or not pointer.startswith("#"):
                return schema
            found: Any = self._root
            for part in filter(None, pointer[1:].split("/")):
                found = found.get(part, {}) if isinstance(found, dict) else {}
            schema = found if isinstance(found, dict) else {}
        return {}


def _bounded(number: Any) -> int:
    if int(number) > _LARGEST:
        raise ValueError(f"{number} is more than {_LARGEST}")
    return int(number)


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    if kind is None:
        kind = "object" if "properties" in schema else "array" if "items" in schema else "string"
    return str(kind)
