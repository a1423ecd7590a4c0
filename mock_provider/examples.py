"""A value that a JSON schema allows: for the arguments of tools and for answers that must be JSON."""

from typing import Any

from harness.answer import WORDS
from harness.plan.draws import Rng

_DEEPEST = 8  # a schema may refer to itself


def example(schema: dict[str, Any], rng: Rng, root: dict[str, Any] | None = None, depth: int = 0) -> Any:
    """One value of `schema`, as small as it may be but with every property that it names.

    Keywords that only narrow strings (pattern, format) are not obeyed.
    """
    root = schema if root is None else root
    schema = _resolved(schema, root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][int(rng.integers(len(schema["enum"])))]
    for choice in ("anyOf", "oneOf"):
        if schema.get(choice):
            return example(schema[choice][0], rng, root, depth + 1)
    match _kind(schema):
        case "object":
            properties = schema.get("properties") or {}
            wanted = properties if depth < _DEEPEST else schema.get("required", [])
            return {name: example(properties.get(name, {}), rng, root, depth + 1) for name in wanted}
        case "array":
            count = max(int(schema.get("minItems", 1)), 1 if depth < _DEEPEST else 0)
            return [example(schema.get("items") or {}, rng, root, depth + 1) for _ in range(count)]
        case "integer":
            return int(_number(schema, rng))
        case "number":
            return _number(schema, rng) + 0.5 if "maximum" not in schema else _number(schema, rng)
        case "boolean":
            return bool(rng.integers(2))
        case "null":
            return None
        case _:
            text = WORDS[int(rng.integers(len(WORDS)))]
            text = text.ljust(int(schema.get("minLength", 0)), "x")
            return text[: int(schema.get("maxLength", len(text)))]


def _resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    for _ in range(_DEEPEST):
        pointer = schema.get("$ref")
        if not isinstance(pointer, str) or not pointer.startswith("#"):
            return schema
        found: Any = root
        for part in filter(None, pointer[1:].split("/")):
            found = found.get(part, {}) if isinstance(found, dict) else {}
        schema = found if isinstance(found, dict) else {}
    return {}


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    if kind is None:
        kind = "object" if "properties" in schema else "array" if "items" in schema else "string"
    return str(kind)


def _number(schema: dict[str, Any], rng: Rng) -> float:
    low = float(schema.get("minimum", schema.get("exclusiveMinimum", 0)))
    low += 1 if "exclusiveMinimum" in schema else 0
    high = float(schema.get("maximum", schema.get("exclusiveMaximum", low + 100)))
    return low + float(rng.integers(max(1, int(high - low) + ("maximum" in schema))))
