"""The promises that `streamproof audit` holds a system to: one file each, found by name. Pure.

A module has `CHECK`, a `Check` of `check.py`. Its questions say what is asked and what the provider does
meanwhile; its judge reads what came of them. Asking is `harness.audit`'s business.
"""

from harness.checks.audit.check import Check
from harness.named import Family

_CHECKS = Family[Check](__name__, "CHECK")


def names() -> list[str]:
    """Every check there is, by name."""
    return _CHECKS.names()


def load(name: str) -> Check:
    """The check called `name`. Raises KeyError for a name that no file has."""
    return _CHECKS.load(name)
