"""What became of the tokens between provider and user."""

import numpy as np

from harness.metrics.join import Joined
from harness.metrics.samples import Bools, Ints

KINDS = ("lost", "duplicated", "reordered", "crosstalk", "altered")


def lost_tail(joined: Joined) -> Ints:
    """Tokens emitted but never delivered although the stream claims to be complete, one value an attempt."""
    emitted = np.nan_to_num(joined.attempts["up_text_tokens"].to_numpy(dtype=np.float64))
    received = joined.attempts["answer_tokens"].to_numpy(dtype=np.float64)
    claimed = joined.is_outcome("completed") & joined.attempts["verified"].to_numpy(dtype=bool)
    tail: Ints = np.where(claimed, np.maximum(emitted - received, 0), 0).astype(np.int64)
    return tail


def integrity(joined: Joined, chosen: Bools) -> dict[str, int]:
    """Tokens of each kind of damage, over the attempts for which `chosen`."""
    found = {kind: int(joined.attempts[kind].to_numpy()[chosen].sum()) for kind in KINDS}
    return {"lost": found.pop("lost"), "lost_tail": int(lost_tail(joined)[chosen].sum()), **found}


def coalesce_ratio(joined: Joined, chosen: Bools) -> float | None:
    """1 - content events at the user / content writes of the provider, over completed streams.

    Above zero the system joins events, below it splits them. Answers asked for in
    one piece are left out.
    """
    mine = chosen & joined.sampled & joined.streamed & joined.is_outcome("completed")
    mine &= (joined.attempts["up_row"] >= 0).to_numpy(dtype=bool)
    mine &= ~joined.attempts["resumed"].to_numpy(dtype=bool)
    ups = joined.attempts["up_row"].to_numpy(dtype=np.int64)[mine]
    writes = int(joined.upstream["emit_us"].iloc[ups].map(len).sum()) if len(ups) else 0
    seen = int(joined.attempts["content_events"].to_numpy()[mine].sum())
    return 1.0 - seen / writes if writes else None


SHARES = {"coalesce_ratio": coalesce_ratio}
