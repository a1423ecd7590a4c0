"""Bugs that real streaming systems have, one a file: what an audit must find, and by which checks.

A module has `DEFECT`, a `Defect` of `defect.py`: it takes the gateway's correct parts and gives them back
with one of them replaced. Nothing here is imported unless somebody asks for a defect.
"""

import importlib
import pkgutil

from gateway.defects.defect import Defect

_NOT_DEFECTS = {"defect"}


def names() -> list[str]:
    """Every defect there is, by name."""
    return sorted({module.name for module in pkgutil.iter_modules(__path__)} - _NOT_DEFECTS)


def load(name: str) -> Defect:
    """The defect called `name`. Raises KeyError for a name that no file has."""
    if name not in names():
        raise KeyError(name)
    defect: Defect = importlib.import_module(f"{__name__}.{name}").DEFECT
    return defect
