"""Bugs that real streaming systems have, one a file: what an audit must find, and by which checks.

A module has `DEFECT`, a `Defect` of `defect.py`: it takes the gateway's correct parts and gives them back
with one of them replaced. Nothing here is imported unless somebody asks for a defect.
"""

from gateway.defects.defect import Defect
from harness.named import Family

_DEFECTS = Family[Defect](__name__, "DEFECT")


def names() -> list[str]:
    """Every defect there is, by name."""
    return _DEFECTS.names()


def load(name: str) -> Defect:
    """The defect called `name`. Raises KeyError for a name that no file has."""
    return _DEFECTS.load(name)
