"""Puts the numbers of measured distributions into a plan, so that the plan alone repeats the run."""

import math
from pathlib import Path
from typing import TypeVar, cast

import msgspec

from harness.plan.draws import Empirical

T = TypeVar("T")


class BadSamples(Exception):
    """A file of samples that cannot be used; the text names it and the way out."""


def inline(value: T, base: Path) -> T:
    """`value` with every `Empirical.file`, taken from the folder `base`, replaced by what is in it.

    Raises BadSamples.
    """
    return cast(T, _walk(value, base))


def _walk(value: object, base: Path) -> object:
    if isinstance(value, Empirical):
        return value if value.file is None else Empirical(values=_read(base / value.file))
    if isinstance(value, msgspec.Struct):
        old = {name: getattr(value, name) for name in value.__struct_fields__}
        new = {name: _walk(field, base) for name, field in old.items()}
        changed = {name: field for name, field in new.items() if field is not old[name]}
        return msgspec.structs.replace(value, **changed) if changed else value
    if isinstance(value, list):
        items = [_walk(item, base) for item in value]
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    if isinstance(value, dict):
        made = {key: _walk(item, base) for key, item in value.items()}
        return made if any(made[key] is not value[key] for key in value) else value
    return value


def _read(path: Path) -> list[float]:
    try:
        lines = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSamples(f"{path}: cannot be read as samples: {error}") from None
    try:
        values = [float(line) for line in lines]
    except ValueError as error:
        raise BadSamples(f"{path}: samples are one number a line: {error}") from None
    if not all(0 <= value < math.inf for value in values):
        raise BadSamples(f"{path}: samples are numbers from 0 up, and none is infinite")
    if not values:
        raise BadSamples(f"{path}: holds no sample; write one number a line")
    return values
