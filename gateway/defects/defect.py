"""What a defect is: one part of the gateway replaced by one that real systems have."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.parts import Parts


@dataclass(frozen=True, kw_only=True)
class Defect:
    """`must_fail` are the checks of the audit that find it, each of them; `may_fail` those that it can break
    as well, by its nature and not in every audit. All others must pass."""

    name: str  # the file's name
    says: str  # what the system does, in one sentence
    apply: Callable[[Parts], Parts]
    must_fail: frozenset[str]
    may_fail: frozenset[str] = frozenset()
