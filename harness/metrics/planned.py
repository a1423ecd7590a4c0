"""Which attempts a planned fault of the network hit. Decides what a check may hold against the system.

The flags are precise on purpose: a failure next to a fault is not excused by it.
"""

import numpy as np
import pandas as pd

from harness.metrics.samples import Bools, Floats
from harness.metrics.spans import Event

# The proxy is told over HTTP and answers after it has acted, so a connection may be gone a little before
# the instant on the timeline; and an answer that ended just then was not cut.
TOLERANCE_MS = 250.0
_OWN_LIMITS = ("stalled", "timed_out")
# What a connection that went away can look like, or that its user had left for it.
_BROKEN = ("reset", "truncated", "stalled", "timed_out", "cancelled", "abandoned", "interrupted")


def add_network_flags(attempts: pd.DataFrame, happened: list[Event], origin_ns: int) -> None:
    """Adds `hit_cut` ("" or how), `hit_outage`, `hit_refuse` to a table whose instants are ms from origin."""
    opened = attempts["connected"].fillna(attempts["sent"]).fillna(attempts["dispatched"]).to_numpy()
    closed = attempts["closed"].to_numpy()
    terminal = attempts["terminal"].to_numpy()
    cut = np.full(len(attempts), "", dtype=object)
    outage = np.zeros(len(attempts), dtype=bool)
    refuse = np.zeros(len(attempts), dtype=bool)
    for event in happened:
        start, end = (event.start_ns - origin_ns) / 1e6, (event.end_ns - origin_ns) / 1e6
        mine = _of(attempts, event)
        unfinished = ~(terminal <= start + TOLERANCE_MS)
        open_at_start = mine & (opened <= start) & (closed >= start - TOLERANCE_MS) & unfinished
        if event.kind == "cut":
            # Who began in a silence and hung until the cut that ended it was broken by the cut.
            hung = (cut == "silence") & ~_by_own_limit(attempts)
            cut[mine & _cut_down(attempts, opened, start, end) & ((cut == "") | hung)] = event.mode or "cut"
        elif event.kind == "silence":
            overlaps = mine & (opened <= end) & (closed >= start) & unfinished
            cut[overlaps & _waited_in_vain(attempts) & (cut == "")] = "silence"
        elif event.kind == "outage":
            overlaps = mine & (opened <= end) & (closed >= start) & unfinished
            outage |= overlaps
            # The user's own limit ran out while nothing could have reached anybody.
            in_it = (closed <= end + TOLERANCE_MS) & attempts["outcome"].isin(_OWN_LIMITS).to_numpy(
                dtype=bool
            )
            cut[overlaps & in_it & (cut == "")] = "silence"
        elif event.kind == "unknown":
            overlaps = mine & (opened <= end) & (closed >= start) & unfinished
            outage |= overlaps  # the system may hear nothing
            cut[overlaps & _broken(attempts) & (cut == "")] = "unknown"
        elif event.kind == "refuse":
            refuse |= _refused(attempts, mine, start, end) | (open_at_start & _cut_short(attempts, start))
    attempts["hit_cut"] = cut
    attempts["hit_outage"] = outage
    attempts["hit_refuse"] = refuse


def spanning(attempts: pd.DataFrame, event: Event, origin_ns: int) -> Bools:
    """Attempts that were streaming before an outage began and were not over before it."""
    start = (event.start_ns - origin_ns) / 1e6
    sent: Floats = attempts["sent"].to_numpy()
    closed: Floats = attempts["closed"].to_numpy()
    terminal: Floats = attempts["terminal"].to_numpy()
    flags: Bools = _of(attempts, event) & (sent < start) & (closed > start) & ~(terminal <= start)
    return flags


def _waited_in_vain(attempts: pd.DataFrame) -> Bools:
    """Users whose own limit ran out, or who never got a connection through."""
    flags: Bools = _by_own_limit(attempts) | attempts["headers"].isna().to_numpy(dtype=bool)
    return flags


def _by_own_limit(attempts: pd.DataFrame) -> Bools:
    flags: Bools = attempts["outcome"].isin((*_OWN_LIMITS, "abandoned")).to_numpy(dtype=bool)
    return flags


def _of(attempts: pd.DataFrame, event: Event) -> Bools:
    mine: Bools = (attempts["cohort"] == event.cohort).to_numpy(dtype=bool)
    return mine & (attempts["phase"] == event.phase).to_numpy(dtype=bool) if event.phase else mine


def _cut_down(attempts: pd.DataFrame, opened: Floats, start: float, end: float) -> Bools:
    """Connections that were there while a cut was armed and ended in that time without being complete.

    One that went on afterwards had no bytes on the way that could have tripped the cut; one that was given
    an answer of any kind, a refusal or an error event included, was not cut either.
    """
    closed = attempts["closed"].to_numpy()
    inside = (opened <= end) & (closed >= start - TOLERANCE_MS) & (closed <= end + TOLERANCE_MS)
    flags: Bools = inside & _broken(attempts)
    return flags


def _broken(attempts: pd.DataFrame) -> Bools:
    """Connections that ended, or never came to be, without a word of the system."""
    unheard = attempts["outcome"].eq("refused") & attempts["headers"].isna()
    flags: Bools = (attempts["outcome"].isin(_BROKEN) | unheard).to_numpy(dtype=bool)
    return flags


def _refused(attempts: pd.DataFrame, mine: Bools, start: float, end: float) -> Bools:
    """New connections of the span that never got as far as an answer."""
    begun = attempts["dispatched"].to_numpy()
    unanswered = attempts["headers"].isna().to_numpy(dtype=bool)
    flags: Bools = mine & (begun >= start - TOLERANCE_MS) & (begun <= end + TOLERANCE_MS) & unanswered
    return flags


def _cut_short(attempts: pd.DataFrame, start: float) -> Bools:
    """Open connections that went down together with the listener."""
    closed = attempts["closed"].to_numpy()
    flags: Bools = (np.abs(closed - start) <= TOLERANCE_MS) & attempts["terminal"].isna().to_numpy(dtype=bool)
    return flags
