"""Times between two stamps of a stream: TTFB, TTFE, TTFT, TTFO, end to end, and the parts before sending.

`_user` counts from the instant at which the schedule wanted the stream, so a late generator or a full
connection pool cannot hide; `_service` from the last byte of the request.
"""

from collections.abc import Callable

import numpy as np

from harness.metrics.join import Joined
from harness.metrics.samples import Floats, Samples, finite

_ENDS = {
    "ttfb": "first_byte",
    "ttfe": "first_event",
    "ttft": "first_content",
    "ttfo": "first_output",
    "e2e_last": "last_content",
    "e2e_term": "terminal",
}
_FIRSTS = ("first_byte", "first_event", "first_content", "first_output")
_PARTS = {
    "dispatch_delay": ("intended", "dispatched"),
    "pool_wait": ("dispatched", "connected"),
    "send": ("connected", "sent"),
    "tail": ("last_content", "terminal"),
}


def _reached(start: str, end: str) -> Callable[[Joined], Samples]:
    def samples(joined: Joined) -> Samples:
        came = joined.ms(end)
        if start == "call_intended" and end in _FIRSTS:
            came = _first_of_answer(joined, came)
        reached = np.isfinite(came)
        if end == "last_content":
            # The last content of a broken stream is not the last of its answer.
            reached &= joined.is_outcome("completed")
        # Who leaves by plan, or is cut off with the run, has neither reached the end nor failed to.
        left = (joined.is_outcome("cancelled") | joined.cut_off) & ~reached
        # A whole answer of reasoning or tool calls alone has nothing visible to wait for.
        silent = joined.is_outcome("completed") & ~reached
        rows = np.flatnonzero(joined.last & ~left & ~silent)
        values = np.where(reached, came - joined.ms(start), np.inf)[rows]
        values[np.isnan(values)] = np.inf
        return Samples("ms", rows, values, reached[rows])

    return samples


def _first_of_answer(joined: Joined, came: Floats) -> Floats:
    """When a resumed answer's user first saw it: in the attempt that began it."""
    owner = joined.attempts["answer_row"].to_numpy(dtype=np.int64)
    first = np.full(len(came), np.nan)
    np.fmin.at(first, owner, came)
    return first


def _part(start: str, end: str) -> Callable[[Joined], Samples]:
    def samples(joined: Joined) -> Samples:
        # A further attempt was not intended at an instant of its own.
        chosen = joined.attempts["attempt"].to_numpy() == 1 if start == "intended" else joined.measured | True
        rows = np.flatnonzero(chosen)
        return finite("ms", rows, (joined.ms(end) - joined.ms(start))[rows])

    return samples


SERIES = {
    **{f"{name}_user": _reached("call_intended", end) for name, end in _ENDS.items()},
    **{f"{name}_service": _reached("sent", end) for name, end in _ENDS.items()},
    **{name: _part(*stamps) for name, stamps in _PARTS.items()},
}
