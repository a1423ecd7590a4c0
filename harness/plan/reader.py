"""Reads a plan from YAML. A bad one is answered with its file, line, key and what to write instead."""

import difflib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from harness.plan.complaint import explain
from harness.plan.empirical import BadSamples, inline
from harness.plan.network import NamedJourney, with_named_journeys
from harness.plan.plan import Plan
from harness.problem import Problem

T = TypeVar("T")
Prepare = Callable[[dict[str, Any]], dict[str, Any]]


class PlanError(Problem):
    """What is wrong with a plan, where, and the way out; its text is meant for people."""


JOURNEYS = Path(__file__).parents[2] / "scenarios" / "networks" / "journeys"


def load_plan(path: Path) -> Plan:
    """Read the plan in `path`. Raises PlanError.

    Journeys that it only names come from JOURNEYS, and a cohort of several copies becomes several cohorts.
    Files are meant from the plan's own folder, and are named in full: the processes that read them work in
    other folders, and the plan that a run leaves must still find them.
    """
    plan = load_as(path, Plan, lambda data: with_named_journeys(data, named_journey))
    folder = path.resolve().parent
    try:
        phases = [
            msgspec.structs.replace(
                phase,
                network=[each for cohort in phase.network for each in cohort.each()],
                load=msgspec.structs.replace(phase.load, trace=_in_full(phase.load.trace, folder)),
                scenario=_own_scenario(phase.scenario, folder),
            )
            for phase in plan.phases
        ]
    except ValueError as error:
        raise PlanError(f"{path}: {error}") from None
    target = msgspec.structs.replace(plan.target, prompts=_in_full(plan.target.prompts, folder))
    return msgspec.structs.replace(plan, target=target, phases=phases)


def _in_full(name: str | None, folder: Path) -> str | None:
    return None if name is None else str(folder / name)


def _own_scenario(name: str, folder: Path) -> str:
    """The Locust file of that name beside the plan, in full; without one it is the name of one of ours."""
    file = folder / (name if name.endswith(".py") else f"{name}.py")
    return str(file) if file.is_file() else name


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
        node, data = _nodes_and_data(text, source)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise PlanError(f"{source}:{line}: not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise PlanError(f"{source}: not YAML: {error}") from None
    if node is None or not isinstance(data, dict):
        raise PlanError(f"{source}: a plan is a mapping of keys to values; this file holds none")
    whole = prepare(data) if prepare else data
    try:
        return msgspec.convert(whole, kind)
    except msgspec.ValidationError as error:
        raise PlanError(explain(error, whole, node, kind, source)) from None


def _nodes_and_data(text: str, source: str) -> tuple[yaml.Node | None, Any]:
    """What stands in the file, as nodes that know their lines and as values. Raises PlanError, YAMLError."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        _check(node, source)
        if node is None:
            return None, None
        _read_keys_as_words(node)
        return node, loader.construct_document(node)
    finally:
        loader.dispose()


def _read_keys_as_words(node: yaml.Node) -> None:
    """YAML 1.1 takes on, off, yes and no for booleans: `retry: {on: …}` would have the key True."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:bool":
                key.tag = "tag:yaml.org,2002:str"
            _read_keys_as_words(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _read_keys_as_words(value)


def dump(value: msgspec.Struct) -> str:
    """The YAML that reads back as `value`, every default written out."""
    return yaml.safe_dump(msgspec.to_builtins(value), sort_keys=False, allow_unicode=True)


def _nearest_file(path: Path) -> str:
    siblings = [p.name for p in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, siblings, 1)
    return f"; did you mean {path.parent / near[0]}?" if near else ""


def _check(node: yaml.Node | None, source: str, above: tuple[yaml.Node, ...] = ()) -> None:
    """Refuse what YAML allows and no plan means: a key twice, a value inside itself, a number that is none.

    Raises PlanError.
    """
    if node in above:
        raise PlanError(f"{source}:{_line(node)}: an anchor stands inside its own value")
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise PlanError(f"{source}:{_line(key)}: a key must be a word, not a list or mapping")
            if key.value in seen:
                raise PlanError(f"{source}:{_line(key)}: the key {key.value} stands here twice")
            seen.add(key.value)
            _check(value, source, (*above, node))
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _check(value, source, (*above, node))
    elif isinstance(node, yaml.ScalarNode) and not _is_quantity(node):
        raise PlanError(
            f"{source}:{_line(node)}: {node.value} is no quantity; leave the key out for no limit"
        )


def _is_quantity(node: yaml.ScalarNode) -> bool:
    """False for the numbers that are none: infinity, and what compares false with every limit."""
    is_float = node.tag == "tag:yaml.org,2002:float"
    return not is_float or math.isfinite(yaml.constructor.SafeConstructor().construct_yaml_float(node))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
