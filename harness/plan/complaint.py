"""Where a plan is wrong, and what to write instead: one message for people out of what msgspec found.

msgspec names the place as a path in which every key of a free mapping is `[...]`; which key it was is found
by trying them one at a time.
"""

import difflib
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import msgspec.inspect as inspect
import yaml

Step = str | int | None  # a key, an index, or a key that msgspec does not name
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|(\[\.\.\.\])")


def explain(error: msgspec.ValidationError, data: Any, node: yaml.Node, kind: type, source: str) -> str:
    """What to say of `error`, raised when `data`, written as `node` in the file `source`, became a `kind`."""
    message, _, where = str(error).partition(" - at ")
    steps = _resolve(str(error), data, kind, _steps(where))
    place, line = _place(node, steps)
    info = inspect.type_info(kind)
    if unknown := re.fullmatch(r"Object contains unknown field `(.+)`", message):
        line = _line_of_key(place, unknown[1]) or line
        message = f"unknown key {unknown[1]}{_advice(unknown[1], info, steps, _value(data, steps))}"
    elif missing := re.fullmatch(r"Object missing required field `(.+)`", message):
        message = f"the key {missing[1]} is missing"
    elif wrong := re.fullmatch(r"Expected `(.+)`, got `(.+)`", message):
        message = f"expected {wrong[1].replace('|', 'or')}, found {wrong[2]}"
    elif bound := re.fullmatch(r"Expected `(.+)` ([<>]=? .+)", message):
        message = f"expected {bound[1]} {bound[2]}"
    elif value := re.fullmatch(r"Invalid (?:enum )?value '(.*)'", message):
        message = f"{value[1]} is not known here{_choose(value[1], _choices(info, steps))}"
    dotted = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")
    return f"{source}:{line}: " + (f"{dotted}: " if dotted else "") + message


def _steps(where: str) -> list[Step]:
    path = where.partition("$")[2].rstrip("`")
    return [key or (int(index) if index else None) for key, index, _ in _STEP.findall(path)]


def _resolve(text: str, data: Any, kind: type, steps: list[Step]) -> list[Step]:
    """`steps` with every unnamed key found: the one with which alone the same complaint comes."""
    steps = list(steps)
    for at, step in enumerate(steps):
        if step is None:
            steps[at] = next(
                (key for key in _value(data, steps[:at]) if _same(text, data, kind, steps[:at], key)), "?"
            )
    return steps


def _value(data: Any, steps: list[Step]) -> Any:
    for step in steps:
        data = data[step]
    return data


def _same(text: str, data: Any, kind: type, steps: list[Step], key: Any) -> bool:
    try:
        msgspec.convert(_only(data, steps, key), kind)
    except msgspec.ValidationError as error:
        return str(error) == text
    return False


def _only(data: Any, steps: list[Step], key: Any) -> Any:
    """A copy of `data` in which the mapping at `steps` has no key but `key`."""
    if not steps:
        return {key: data[key]}
    changed: Any = list(data) if isinstance(data, list) else dict(data)
    changed[steps[0]] = _only(data[steps[0]], steps[1:], key)
    return changed


def _place(node: yaml.Node, steps: list[Step]) -> tuple[yaml.Node, int]:
    """(node, line) at `steps`, or as near to it as the file goes; the line of an entry is that of its key."""
    line = node.start_mark.line + 1
    for step in steps:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        elif (entry := _entry(node, step)) is not None:
            key, node = entry
            line = key.start_mark.line + 1
        else:
            break
    return node, line


def _entry(node: yaml.Node, key: Step) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key_node, value in node.value:
            if key_node.value == str(key):
                return key_node, value
    return None


def _line_of_key(node: yaml.Node, key: str) -> int | None:
    entry = _entry(node, key)
    return entry[0].start_mark.line + 1 if entry is not None else None


def _advice(key: str, info: inspect.Type, steps: list[Step], value: Any) -> str:
    meant = [one for one in _structs(info, steps) if not one.tag_field or value.get(one.tag_field) == one.tag]
    here = sorted({field.encode_name for struct in meant for field in struct.fields})
    if near := difflib.get_close_matches(key, here, 1):
        return f"; did you mean {near[0]}?"
    if owner := next((place for place, name in _all_keys(info) if name == key), None):
        return f"; it belongs in {owner}"
    return f"; known here: {', '.join(here)}" if here else ""


def _choose(value: str, choices: list[str]) -> str:
    if near := difflib.get_close_matches(value, choices, 1):
        return f"; did you mean {near[0]}?"
    return f"; choose from: {', '.join(choices)}" if choices else ""


def _choices(info: inspect.Type, steps: list[Step]) -> list[str]:
    """The values that a fixed choice, or the tag of a union, may have."""
    tags = [struct.tag for struct in _structs(info, steps[:-1]) if struct.tag_field == steps[-1]]
    literals = [
        value
        for found in _types(info, steps)
        if isinstance(found, inspect.LiteralType)
        for value in found.values
    ]
    return [str(choice) for choice in [*tags, *literals]]


def _structs(info: inspect.Type, steps: list[Step]) -> list[inspect.StructType]:
    return [found for found in _types(info, steps) if isinstance(found, inspect.StructType)]


def _types(info: inspect.Type, steps: list[Step]) -> list[inspect.Type]:
    """Every type that may stand at `steps`, unions taken apart."""
    found = list(_alternatives(info))
    for step in steps:
        found = [deep for one in found for inner in _step_into(one, step) for deep in _alternatives(inner)]
    return found


def _alternatives(info: inspect.Type) -> Iterator[inspect.Type]:
    if isinstance(info, inspect.UnionType):
        for one in info.types:
            yield from _alternatives(one)
    elif isinstance(info, inspect.Metadata):
        yield from _alternatives(info.type)
    else:
        yield info


def _step_into(info: inspect.Type, step: Step) -> list[inspect.Type]:
    if isinstance(info, inspect.StructType):
        return [field.type for field in info.fields if field.encode_name == step]
    if isinstance(info, inspect.DictType):
        return [info.value_type]
    return [info.item_type] if isinstance(info, inspect.ListType) else []


def _all_keys(info: inspect.Type, place: str = "", above: tuple[type, ...] = ()) -> Iterator[tuple[str, str]]:
    """(place, key) of every key there is, the nearest to the top first within each branch."""
    for one in _alternatives(info):
        if isinstance(one, inspect.StructType) and one.cls not in above:
            yield from ((place or "the top of the plan", field.encode_name) for field in one.fields)
            for field in one.fields:
                yield from _all_keys(
                    field.type, f"{place}.{field.encode_name}".lstrip("."), (*above, one.cls)
                )
        elif isinstance(one, inspect.DictType):
            yield from _all_keys(one.value_type, f"{place}.<name>", above)
        elif isinstance(one, inspect.ListType):
            yield from _all_keys(one.item_type, f"{place}[]", above)
