"""The promises that `streamproof audit` holds a system to: one file each, found by name. Pure.

A module has `CHECK`, a `Check` of `check.py`. Its questions say what is asked and what the provider does
meanwhile; its judge reads what came of them. Asking is `harness.audit`'s business.
"""

import importlib
import pkgutil

from harness.checks.audit.check import Check

_NOT_CHECKS = {  # rooms that several checks share
    "broken",
    "buffers",
    "check",
    "crowd",
    "exposition",
    "hearing",
    "idle_limits",
    "leaving",
    "logged",
    "places",
    "same_answer",
    "silences",
    "structure",
}


def names() -> list[str]:
    """Every check there is, by name."""
    return sorted({module.name for module in pkgutil.iter_modules(__path__)} - _NOT_CHECKS)


def load(name: str) -> Check:
    """The check called `name`. Raises KeyError for a name that no file has."""
    if name not in names():
        raise KeyError(name)
    check: Check = importlib.import_module(f"{__name__}.{name}").CHECK
    return check
