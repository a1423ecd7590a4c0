"""Reads a plan from YAML. A bad one is answered with its file, line, key and what to write instead."""

import difflib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import msgspec.inspect
import yaml

from harness.plan.empirical import BadSamples, inline
from harness.plan.network import NamedJourney, with_named_journeys
from harness.plan.plan import Plan

T = TypeVar("T")
Prepare = Callable[[dict[str, Any]], dict[str, Any]]
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|(\[\.\.\.\])")


class PlanError(Exception):
    """What is wrong with a plan, where, and the way out; its text is meant for people."""


JOURNEYS = Path(__file__).parents[2] / "scenarios" / "networks" / "journeys"


def load_plan(path: Path) -> Plan:
    """Read the plan in `path`; journeys that it only names come from JOURNEYS. Raises PlanError."""
    return load_as(path, Plan, lambda data: with_named_journeys(data, named_journey))


def named_journey(name: str) -> NamedJourney | None:
    """The journey that every plan may use by `name`; None if there is none. Raises PlanError."""
    known = {path.stem: path for path in JOURNEYS.glob("*.yaml")}
    return load_as(known[name], NamedJourney) if name in known else None


def load_as(path: Path, kind: type[T], prepare: Prepare | None = None) -> T:
    """Read any frozen struct of this package from a YAML file. Raises PlanError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PlanError(f"{path}: no such file{_nearest_file(path)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: cannot be read: {error}") from None
    try:
        return inline(parse(text, kind, str(path), prepare), path.parent)
    except BadSamples as error:
        raise PlanError(str(error)) from None


def parse(text: str, kind: type[T], source: str, prepare: Prepare | None = None) -> T:
    """Like `load_as`, from a string; `source` names it in messages, `prepare` may complete the data."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        _refuse_duplicates(node, source)
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise PlanError(f"{source}:{line}: not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise PlanError(f"{source}: not YAML: {error}") from None
    if node is None or not isinstance(data, dict):
        raise PlanError(f"{source}: a plan is a mapping of keys to values; this file holds none")
    try:
        return msgspec.convert(prepare(data) if prepare else data, kind)
    except msgspec.ValidationError as error:
        raise PlanError(_explain(error, node, kind, source)) from None


def dump(value: msgspec.Struct) -> str:
    """The YAML that reads back as `value`, every default written out."""
    return yaml.safe_dump(msgspec.to_builtins(value), sort_keys=False, allow_unicode=True)


def _nearest_file(path: Path) -> str:
    siblings = [p.name for p in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, siblings, 1)
    return f"; did you mean {path.parent / near[0]}?" if near else ""


def _refuse_duplicates(node: yaml.Node | None, source: str) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise PlanError(f"{source}:{key.start_mark.line + 1}: the key {key.value} stands here twice")
            seen.add(key.value)
            _refuse_duplicates(value, source)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_duplicates(value, source)


def _explain(error: msgspec.ValidationError, node: yaml.Node, kind: type, source: str) -> str:
    message, _, where = str(error).partition(" - at ")
    path = where.strip("`").removeprefix("$")
    unknown = re.match(r"Object contains unknown field `(.+)`", message)
    missing = re.match(r"Object missing required field `(.+)`", message)
    wrong = re.match(r"Expected `(.+)`, got `(.+)`", message)
    found = _locate(node, path, unknown[1] if unknown else None, wrong[2] if wrong else None)
    line, dotted = found if found is not None else (node.start_mark.line + 1, path.lstrip("."))
    place = f"{source}:{line}: " + (f"{dotted}: " if dotted else "")
    if unknown:
        near = difflib.get_close_matches(unknown[1], _known_keys(kind), 1)
        return place + f"unknown key {unknown[1]}" + (f"; did you mean {near[0]}?" if near else "")
    if missing:
        return place + f"the key {missing[1]} is missing"
    if wrong:
        return place + f"expected {wrong[1].replace('|', 'or')}, found {wrong[2]}"
    return place + message


def _known_keys(kind: type) -> list[str]:
    keys: set[str] = set()
    for info in _structs(msgspec.inspect.type_info(kind), set()):
        keys.update(field.encode_name for field in info.fields)
    return sorted(keys)


def _structs(info: Any, seen: set[type]) -> list[msgspec.inspect.StructType]:
    if isinstance(info, msgspec.inspect.StructType):
        if info.cls in seen:
            return []
        seen.add(info.cls)
        return [info] + [deep for field in info.fields for deep in _structs(field.type, seen)]
    inner = [getattr(info, name, None) for name in ("item_type", "value_type")]
    inner += getattr(info, "types", ()) or ()
    return [deep for part in inner if part is not None for deep in _structs(part, seen)]


def _locate(node: yaml.Node, path: str, unknown: str | None, got: str | None) -> tuple[int, str] | None:
    """(line, dotted path) of what msgspec complains about; `[...]` in its paths is any key of a mapping."""
    steps = [key or (int(index) if index else None) for key, index, _ in _STEP.findall(path)]
    return _walk(node, steps, "", unknown, got)


def _walk(
    node: yaml.Node, steps: list[Any], dotted: str, unknown: str | None, got: str | None
) -> tuple[int, str] | None:
    if not steps:
        return _end(node, dotted, unknown, got)
    step, rest = steps[0], steps[1:]
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return _walk(node.value[step], rest, f"{dotted}[{step}]", unknown, got)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if step is None or key.value == step:
                found = _walk(value, rest, f"{dotted}.{key.value}".lstrip("."), unknown, got)
                if found is not None:
                    return found
    return None


_TAGS = {
    "str": "str",
    "int": "int",
    "float": "float",
    "bool": "bool",
    "null": "null",
    "seq": "array",
    "map": "object",
}


def _end(node: yaml.Node, dotted: str, unknown: str | None, got: str | None) -> tuple[int, str] | None:
    if unknown is not None:
        if isinstance(node, yaml.MappingNode):
            for key, _ in node.value:
                if key.value == unknown:
                    return key.start_mark.line + 1, dotted
        return None
    if got is not None and _TAGS.get(node.tag.rpartition(":")[2]) != got:
        return None
    return node.start_mark.line + 1, dotted
