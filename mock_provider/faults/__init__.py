"""One planned misbehaviour a file, found by the file's name, which is its id in plans.

A fault module has one public value, `FAULT`, that satisfies `mock_provider.faults.fault.Fault`.
"""

from harness.named import Family
from mock_provider.faults.fault import Fault

_FAULTS = Family[Fault](__name__, "FAULT")


def names() -> list[str]:
    """Every fault there is, by id."""
    return _FAULTS.names()


def load(name: str) -> Fault:
    """The fault with the id `name`. Raises KeyError for an id that no file has."""
    return _FAULTS.load(name)
