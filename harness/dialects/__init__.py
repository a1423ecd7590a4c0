"""Frames <-> token events, without any I/O: one provider API a file, found by the file's name.

A dialect module has one public value, `DIALECT`, that satisfies `harness.dialects.dialect.Dialect`.
"""

import importlib
import pkgutil

from harness.dialects.dialect import Dialect

_NOT_DIALECTS = {"dialect", "events", "jsontext", "likeness", "objects", "whole"}


def names() -> list[str]:
    """Every dialect there is, by name."""
    return sorted({module.name for module in pkgutil.iter_modules(__path__)} - _NOT_DIALECTS)


def load(name: str) -> Dialect:
    """The dialect called `name`. Raises KeyError for a name that no file has."""
    if name not in names():
        raise KeyError(name)
    dialect: Dialect = importlib.import_module(f"{__name__}.{name}").DIALECT
    return dialect
