"""Time per output token of a stream: (last content - first content) / (n - 1), null below two tokens.

An answer in one piece has none: its tokens come together.
"""

import numpy as np

from harness.metrics.join import Joined
from harness.metrics.samples import Floats, Samples, finite


def token_counts(joined: Joined) -> Floats:
    """Tokens that each attempt received: of a whole answer as many as the provider emitted, otherwise

    counted in the verified text, else as reported, else content events.
    """
    attempts = joined.attempts
    counted = attempts["tokens"].to_numpy(dtype=np.float64)
    usage = attempts["output_tokens"].to_numpy(dtype=np.float64, na_value=np.nan)
    chunks = attempts["content_events"].to_numpy(dtype=np.float64)
    unverified = np.where(np.isnan(usage), chunks, usage)
    received = np.where(attempts["verified"].to_numpy(dtype=bool), counted, unverified)
    emitted = attempts["up_emitted_tokens"].to_numpy(dtype=np.float64)
    exact = joined.is_outcome("completed") & np.isfinite(emitted)
    exact &= ~attempts["resumed"].to_numpy(dtype=bool)
    counts: Floats = np.where(exact, emitted, received)
    return counts


def tpot(joined: Joined) -> Samples:
    counts = token_counts(joined)
    spread = joined.ms("last_content") - joined.ms("first_content")
    values = np.divide(spread, counts - 1, out=np.full(len(counts), np.nan), where=counts >= 2)
    rows = np.flatnonzero(joined.last & joined.streamed)
    return finite("ms", rows, values[rows])


SERIES = {"tpot": tpot}
