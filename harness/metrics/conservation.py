"""Nothing disappears between the two sets of records, unless something that is known explains it."""

from dataclasses import dataclass

import numpy as np

from harness.metrics.join import Joined
from harness.metrics.samples import Ints

# Attempts that can end without the provider ever hearing of them.
_UNHEARD = ("not_started", "refused", "rate_limited", "cancelled", "abandoned", "interrupted")


@dataclass(frozen=True)
class Conservation:
    """Unexplained differences between users and provider, and differences that the system explains."""

    unserved: Ints  # positions of attempts that got tokens from no request that the ledger knows
    unasked: Ints  # positions of requests that no user's record explains
    surplus_tokens: int  # received beyond what was emitted
    unforwarded: int  # sent, but the system never passed them on: its doing, not the measurement's
    unmarked: int  # requests without a stream id: not ours

    @property
    def unexplained(self) -> int:
        return len(self.unserved) + len(self.unasked) + self.surplus_tokens


def conservation(joined: Joined) -> Conservation:
    attempts, upstream = joined.attempts, joined.upstream
    unknown = (attempts["up_row"] < 0).to_numpy(dtype=bool)
    tokens = attempts["answer_tokens"].to_numpy(dtype=np.int64)
    served = (attempts["tokens"].to_numpy(dtype=np.int64) > 0) & attempts["verified"].to_numpy(dtype=bool)
    network = (attempts["hit_cut"] != "") | attempts["hit_outage"] | attempts["hit_refuse"]
    quiet = np.isfinite(joined.ms("sent")) & ~joined.is_outcome(*_UNHEARD) & ~network.to_numpy(dtype=bool)
    stream = upstream["stream"].to_numpy(dtype=np.int64)
    row = upstream["attempt_row"].to_numpy(dtype=np.int64)
    known = ~unknown & served & attempts["answer_last"].to_numpy(dtype=bool)
    surplus = np.maximum(tokens - attempts["answer_emitted"].to_numpy(dtype=np.int64), 0)[known]
    return Conservation(
        unserved=np.flatnonzero(unknown & served),
        unasked=np.flatnonzero((stream >= 0) & (row < 0)),
        surplus_tokens=int(surplus.sum()),
        unforwarded=int(np.count_nonzero(unknown & quiet & ~served)),
        unmarked=int(np.count_nonzero(stream < 0)),
    )
