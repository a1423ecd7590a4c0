"""What the matrix says: which defect was found by which checks, and what failed beside them. Pure."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from harness.summary import State

CLEAN = "clean gateway"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One audit: of the gateway without a defect (`name` is CLEAN), or with one."""

    name: str
    must_fail: frozenset[str] = frozenset()
    may_fail: frozenset[str] = frozenset()
    states: dict[str, State]  # of every check, by its id
    evidence: dict[str, str] = {}  # of the checks that did not pass
    duration_s: float = 0.0
    trouble: str = ""  # why there are no states

    @property
    def clean(self) -> bool:
        return self.name == CLEAN

    @property
    def found_by(self) -> list[str]:
        """The checks that had to find it and did."""
        return sorted(id for id in self.must_fail if self.states.get(id) == "FAIL")

    @property
    def found(self) -> bool:
        return bool(self.must_fail) and set(self.found_by) == self.must_fail

    @property
    def unrelated(self) -> list[str]:
        """The checks that had no reason to say anything but PASS, and did. What is not sure is no pass."""
        allowed = self.must_fail | self.may_fail
        return sorted(id for id, state in self.states.items() if state != "PASS" and id not in allowed)


def lines(rows: Sequence[Row]) -> list[str]:
    """The table as Markdown, one line an audit."""
    head = ["| defect | found by | unrelated | s |", "|---|---|---|---|"]
    return head + [_line(row) for row in rows]


def _line(row: Row) -> str:
    seconds = f"{row.duration_s:.0f}"
    if row.trouble:
        return f"| {row.name} | **no audit**: {row.trouble} | | {seconds} |"
    unrelated = ", ".join(f"{id} {row.states[id]}" for id in row.unrelated)
    if row.clean:
        passed = len(row.states) - len(row.unrelated)
        return (
            f"| {row.name} | nothing: {passed} of {len(row.states)} checks passed | {unrelated} | {seconds} |"
        )
    missed = sorted(row.must_fail - set(row.found_by))
    also = sorted(id for id in row.may_fail if row.states.get(id) == "FAIL")
    by = ", ".join(row.found_by) + (f" (also {', '.join(also)})" if also else "")
    lost = f"**missed by {', '.join(missed)}**" if missed else ""
    return f"| {row.name} | {'; '.join(filter(None, (by, lost)))} | {unrelated} | {seconds} |"


def last_line(rows: Sequence[Row], checks: int) -> str:
    """`N/N defects found, M unrelated failures, clean gateway K/K`; `checks` is how many there are.

    Of several audits of the clean gateway the worst counts.
    """
    defects = [row for row in rows if not row.clean]
    found = sum(row.found for row in defects)
    unrelated = sum(len(row.unrelated) for row in defects)
    kept = [sum(state == "PASS" for state in row.states.values()) for row in rows if row.clean]
    return (
        f"{found}/{len(defects)} defects found, {unrelated} unrelated failures, "
        f"clean gateway {min(kept, default=0)}/{checks}"
    )


def good(rows: Sequence[Row], checks: int) -> bool:
    """Everything was found and nothing else, and the clean gateway passed every one of `checks`."""
    if any(row.trouble for row in rows) or not rows:
        return False
    clean = all(len(row.states) == checks and not row.unrelated for row in rows if row.clean)
    return clean and all(row.found and not row.unrelated for row in rows if not row.clean)


def row(
    name: str,
    states: Mapping[str, State],
    evidence: Mapping[str, str],
    must_fail: Collection[str],
    may_fail: Collection[str],
    duration_s: float,
) -> Row:
    """One audit's row; evidence is kept of what did not pass."""
    told = {id: said for id, said in evidence.items() if states[id] != "PASS"}
    return Row(
        name=name,
        must_fail=frozenset(must_fail),
        may_fail=frozenset(may_fail),
        states=dict(states),
        evidence=told,
        duration_s=duration_s,
    )
