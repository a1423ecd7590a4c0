"""One planned misbehaviour a file, found by the file's name, which is its id in plans.

A fault module has one public value, `FAULT`, that satisfies `mock_provider.faults.fault.Fault`.
"""

import importlib
import pkgutil
from functools import cache

from mock_provider.faults.fault import Fault

_NOT_FAULTS = {"fault"}


@cache
def names() -> list[str]:
    """Every fault there is, by id."""
    # Kept: looking into the folder costs more than all else about a request.
    return sorted({module.name for module in pkgutil.iter_modules(__path__)} - _NOT_FAULTS)


@cache
def load(name: str) -> Fault:
    """The fault with the id `name`. Raises KeyError for an id that no file has."""
    if name not in names():
        raise KeyError(name)
    fault: Fault = importlib.import_module(f"{__name__}.{name}").FAULT
    return fault
