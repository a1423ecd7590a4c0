"""Which checks are meant."""

import difflib
from collections.abc import Iterator, Sequence

from harness.checks import audit as checks
from harness.checks.audit.check import Check
from harness.plan.reader import PlanError
from harness.scorecard import GROUPS


def chosen(only: str | None, groups: Sequence[str] | None) -> list[Check]:
    """The checks named in `only` (`a,b`) or in `groups`, all of them without both. Raises PlanError."""
    names = [name.strip() for name in only.split(",") if name.strip()] if only is not None else checks.names()
    for name in names:
        if name not in checks.names():
            near = difflib.get_close_matches(name, checks.names(), 1)
            hint = f"; did you mean {near[0]}?" if near else "; --list names them"
            raise PlanError(f"--only: there is no check {name}{hint}")
    found = [checks.load(name) for name in dict.fromkeys(names)]
    found = [check for check in found if not groups or check.group in groups]
    if not found:
        raise PlanError("--only and --group leave no check; --list names them with their groups")
    return sorted(found, key=lambda check: (GROUPS.index(check.group), check.id))


def listing(found: Sequence[Check]) -> Iterator[str]:
    """A line a check, by group."""
    width = max(len(check.id) for check in found)
    for group in GROUPS:
        mine = [check for check in found if check.group == group]
        if mine:
            yield f"{group}"
        for check in mine:
            yield f"  {check.id:<{width}}  {check.promise}"
