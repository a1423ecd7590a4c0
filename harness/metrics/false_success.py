"""A broken answer that was shown as a whole one: the headline of resilience. It must be none."""

import numpy as np

from harness.metrics.join import Joined
from harness.metrics.samples import Bools, Ints


def false_successes(joined: Joined) -> Ints:
    """Positions of attempts that the user saw complete although the provider was cut or refused,

    or although what arrived is not what the provider's last request emitted.
    """
    attempts = joined.attempts
    claimed = joined.is_outcome("completed") & (attempts["up_row"] >= 0).to_numpy(dtype=bool)
    # A claim of success with short text is recorded as `truncated`, with its marker.
    whole = (attempts["up_text_tokens"] == attempts["answer_tokens"]).to_numpy(dtype=bool)
    short = joined.is_outcome("truncated", "corrupt") & np.isfinite(joined.ms("terminal")) & ~whole
    cut = (attempts["up_ended_by"] == "fault").to_numpy(dtype=bool)
    refused = (attempts["up_status"] >= 400).to_numpy(dtype=bool)
    emitted = attempts["up_text_tokens"].to_numpy()
    differs = attempts["verified"].to_numpy(dtype=bool) & (emitted != attempts["answer_tokens"].to_numpy())
    found: Ints = np.flatnonzero((claimed & (cut | refused | differs)) | short)
    return found


def false_success_share(joined: Joined, chosen: Bools) -> float | None:
    """False successes over everything that claimed to be complete."""
    wrong = np.zeros(len(chosen), dtype=bool)
    wrong[false_successes(joined)] = True
    claims = chosen & (joined.is_outcome("completed") | wrong)
    return float(np.count_nonzero(wrong & claims) / np.count_nonzero(claims)) if claims.any() else None


SHARES = {"false_success_share": false_success_share}
