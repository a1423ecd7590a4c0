"""Where the time to first token went, by clock point and by owner, for typical and for slow streams.

Medians of parts do not add up to a median; so the parts are means over streams whose TTFTs are alike, and
their sum is the mean TTFT of that group.
"""

import numpy as np

from harness.metrics.join import Joined
from harness.metrics.samples import Bools, Floats, Ints
from harness.summary import Decomposition

# (part, stamp at which it ends), in the order of time.
_PARTS = (
    ("dispatch", "dispatched"), ("connect", "connected"), ("send", "sent"), ("wait", "headers"),
    ("first_byte", "first_byte"), ("first_event", "first_event"), ("first_content", "first_content"),
)  # fmt: skip
_GROUPS = {"typical": (0.45, 0.55, 11), "slow": (0.95, 1.0, 20)}  # ranks from, to, and the least streams


def decomposition(joined: Joined) -> list[Decomposition]:
    """Both groups of every phase that has streams enough."""
    ttft = joined.ms("first_content") - joined.ms("call_intended")
    parts, owners = _parts(joined), _owners(joined)
    found = []
    for phase in joined.spans:
        rows = np.flatnonzero(joined.of_phase(phase) & joined.last & np.isfinite(ttft))
        rows = rows[np.argsort(ttft[rows], kind="stable")]
        for group, (low, high, least) in _GROUPS.items():
            if len(rows) >= least:
                mine = rows[int(len(rows) * low) : int(np.ceil(round(len(rows) * high, 9)))]
                found.append(_of(phase, group, mine, ttft, parts, owners))
    return found


def _of(
    phase: str, group: str, rows: Ints, ttft: Floats, parts: dict[str, Floats], owners: dict[str, Floats]
) -> Decomposition:
    known = bool(owners) and all(np.isfinite(values[rows]).all() for values in owners.values())
    return Decomposition(
        phase=phase,
        group=group,
        n=len(rows),
        ttft_ms=_mean(ttft, rows),
        parts={name: _mean(values, rows) for name, values in parts.items() if values[rows].any()},
        owners={name: _mean(values, rows) for name, values in owners.items() if values[rows].any()}
        if known
        else {},
    )


def _mean(values: Floats, rows: Ints) -> float:
    return round(float(values[rows].mean()), 4)


def _parts(joined: Joined) -> dict[str, Floats]:
    """Each part of every attempt, ms. A stamp that never came gives its time to the next part.

    What was spent before the last attempt of a stream began is a part of its own.
    """
    found = {"earlier_attempts": _earlier(joined)}
    at = joined.ms("call_intended") + found["earlier_attempts"]
    for name, stamp in _PARTS:
        reached = _later(at, joined.ms(stamp))
        found[name] = reached - at
        at = reached
    return found


def _earlier(joined: Joined) -> Floats:
    """From when a stream was wanted to when its last attempt began; nothing where that was its first."""
    again = joined.attempts["attempt"].to_numpy(dtype=np.int64) > 1
    waited = np.where(again, joined.ms("dispatched") - joined.ms("call_intended"), 0.0)
    earlier: Floats = np.nan_to_num(waited)
    return earlier


def _later(at: Floats, stamp: Floats) -> Floats:
    later: Floats = np.where(np.isfinite(stamp), np.maximum(stamp, at), at)
    return later


def _owners(joined: Joined) -> dict[str, Floats]:
    """Whose time it was; NaN where the ledger does not tell.

    The system's is all between the request and the provider's part of it. For users of a damaged network the
    way there and back is in it and cannot be told apart, so theirs has a name of its own, `path`.
    """
    if not joined.has_ledger:
        return {}
    sent, service = joined.ms("sent"), joined.ms("first_content") - joined.ms("sent")
    provider = joined.provider_ttft_ms
    dispatched: Floats = joined.ms("dispatched")
    known: Bools = np.isfinite(provider)
    damaged = (joined.attempts["cohort"] != "").to_numpy(dtype=bool)
    between = service - provider
    earlier = _earlier(joined)
    return {
        # Why it had to be asked again is not told by the last attempt, so it is nobody's here.
        "earlier_attempts": np.where(known, earlier, np.nan),
        "client": np.where(known, dispatched - joined.ms("call_intended") - earlier, np.nan),
        "network": np.where(known, sent - dispatched, np.nan),
        "system": np.where(damaged, 0.0 * provider, between),
        "path": np.where(damaged, between, 0.0 * provider),
        "provider": provider,
    }
