"""One answer to one question of validity, and how a number becomes one."""

from harness.metrics.percentiles import as_number
from harness.summary import Bound, Number, Trust, TrustCheck


def graded(value: float, valid: float, suspect: float) -> Trust:
    """VALID up to `valid`, SUSPECT up to `suspect`, INVALID beyond."""
    return "VALID" if value <= valid else "SUSPECT" if value <= suspect else "INVALID"


def trust_check(
    id: str, stat: str, value: float, limit: Number, unit: str, state: Trust, note: str = "",
    *, bound: Bound = "at most",
) -> TrustCheck:  # fmt: skip
    """`note` says what is wrong, so a VALID answer goes without it; `bound`: which side of `limit` is."""
    return TrustCheck(
        id=id,
        state=state,
        stat=stat,
        value=as_number(value),
        limit=limit,
        unit=unit,
        note=note if state != "VALID" else "",
        bound=bound,
    )
