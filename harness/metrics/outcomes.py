"""How streams and attempts ended, and shares of the streams that were wanted."""

from collections.abc import Callable

import numpy as np

from harness.metrics.join import Joined
from harness.metrics.samples import Bools
from harness.record import Outcome


def counts(joined: Joined, chosen: Bools, column: str = "outcome") -> dict[str, int]:
    """How often each value of `column` occurs; outcomes in their own order, and only those that occur."""
    values = joined.attempts[column][chosen].value_counts()
    found = {str(name): int(n) for name, n in values.items()}
    order = [str(outcome) for outcome in Outcome] if column == "outcome" else sorted(found)
    return {name: found[name] for name in order if name in found and name != ""}


def share_of(*outcomes: str) -> Callable[[Joined, Bools], float | None]:
    """Streams whose last attempt ended so, over all that were intended, dropped ones included."""

    def share(joined: Joined, chosen: Bools) -> float | None:
        calls = chosen & joined.calls
        intended = int(np.count_nonzero(calls))
        return float(np.count_nonzero(calls & joined.is_outcome(*outcomes))) / intended if intended else None

    return share


SHARES = {
    "success_share": share_of("completed"),
    "abandoned_share": share_of("abandoned"),
    "rate_limited_share": share_of("rate_limited"),
    "dropped_share": share_of("not_started"),
    "truncated_share": share_of("truncated"),
    # What went wrong with an answer, whoever noticed; a rate limit and a user's own leaving are apart.
    "error_share": share_of(
        "refused", "error_event", "corrupt", "reset", "stalled", "timed_out", "truncated"
    ),
}
