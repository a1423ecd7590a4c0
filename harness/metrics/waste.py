"""Tokens that were generated for nobody, and how long the provider went on after its user had gone."""

from dataclasses import dataclass

import numpy as np

from harness.metrics.join import Joined
from harness.metrics.samples import Bools, Floats, Ints, Samples

LEFT = ("reset", "truncated", "cancelled", "abandoned", "stalled", "timed_out")


def wasted_tokens(joined: Joined) -> Ints:
    """For each upstream request: tokens emitted after its client was gone, and all tokens of a request

    whose answer was thrown away for a later one. The end of a completed stream wastes nothing, nor does what
    was emitted while a user was away who then got it.
    """
    upstream = joined.upstream
    row = upstream["attempt_row"].to_numpy(dtype=np.int64)
    wasted = np.zeros(len(upstream), dtype=np.int64)
    if not len(upstream) or not len(joined.attempts):
        return wasted
    known = row >= 0
    end = joined.attempts["answer_row"].to_numpy(dtype=np.int64)[row]
    gone = np.where(known & ~joined.is_outcome("completed")[end], joined.ms("closed")[end], np.inf)
    emissions = joined.emissions
    at = upstream["received"].to_numpy()[emissions.row] + emissions.us / 1000.0
    wasted += np.bincount(emissions.row[at > gone[emissions.row]], minlength=len(upstream))
    latest = joined.attempts["up_row"].to_numpy(dtype=np.int64)[row]
    superseded = known & (latest != np.arange(len(upstream)))
    wasted[superseded] = upstream["emitted_tokens"].to_numpy(dtype=np.int64)[superseded]
    return wasted


def regenerated_tokens(joined: Joined) -> Ints:
    """For each attempt: tokens that its user had got and that were thrown away, as a later attempt began from

    the start. They count beside the wasted ones: somebody read them, and they were paid for twice.
    """
    attempts = joined.attempts
    final = attempts["answer_row"].to_numpy(dtype=np.int64) == attempts["stream_row"].to_numpy(dtype=np.int64)
    tokens: Ints = np.where(final, 0, attempts["tokens"].to_numpy(dtype=np.int64))
    return tokens


def wasted_of(joined: Joined, chosen: Bools) -> int | None:
    """Wasted tokens of the attempts for which `chosen`; None without a ledger."""
    if not joined.has_ledger:
        return None
    row = joined.upstream["attempt_row"].to_numpy(dtype=np.int64)
    return int(wasted_tokens(joined)[(row >= 0) & chosen[row]].sum()) if len(chosen) else 0


@dataclass(frozen=True)
class Aborts:
    """One element for each attempt whose user left while the provider was still at work.

    `delay_ms`: from the user's end to the provider's notice, infinite where it never noticed;
    `went_on_ms`: how long the provider kept working after the user's end, noticed or not.
    """

    rows: Ints
    delay_ms: Floats
    went_on_ms: Floats


def aborts(joined: Joined) -> Aborts:
    """Only attempts that nothing cut at the provider's end, where it was the provider who left, and that
    nobody came back to: of an answer that went on only its last attempt counts."""
    closed, over = joined.ms("closed"), joined.ms("up_closed")
    noticed = joined.ms("up_left")
    over = np.where(np.isnan(over), np.where(np.isnan(noticed), np.inf, noticed), over)
    asked = ((joined.attempts["up_row"] >= 0) & joined.attempts["answer_last"]).to_numpy(dtype=bool)
    at_work = asked & (over > closed) & (joined.attempts["up_ended_by"] != "fault").to_numpy(dtype=bool)
    rows = np.flatnonzero(joined.is_outcome(*LEFT) & at_work)
    # Upstream requests begun after the user had gone are late from their beginning on.
    since = np.maximum(closed, joined.ms("up_received"))[rows]
    delay = np.maximum(noticed[rows] - since, 0.0)
    delay[np.isnan(delay)] = np.inf
    return Aborts(rows, delay, np.maximum(over[rows] - since, 0.0))


def upstream_abort(joined: Joined) -> Samples:
    found = aborts(joined)
    return Samples("ms", found.rows, found.delay_ms, np.isfinite(found.delay_ms))


SERIES = {"upstream_abort": upstream_abort}
