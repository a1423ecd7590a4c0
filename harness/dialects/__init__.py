"""Frames <-> token events, without any I/O: one provider API a file, found by the file's name.

A dialect module has one public value, `DIALECT`, that satisfies `harness.dialects.dialect.Dialect`.
"""

from harness.dialects.dialect import Dialect
from harness.named import Family

_DIALECTS = Family[Dialect](__name__, "DIALECT")


def names() -> list[str]:
    """Every dialect there is, by name."""
    return _DIALECTS.names()


def load(name: str) -> Dialect:
    """The dialect called `name`. Raises KeyError for a name that no file has."""
    return _DIALECTS.load(name)
