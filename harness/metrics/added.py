"""What the system added to the time to first token: (t7 - t3) - (e1 - m1) of the last upstream attempt.

Two durations, each of one clock. Needs the ledger. Of an answer in one piece the provider's part lasts until
its last token, for before that there is nothing to hand over.
"""

import numpy as np

from harness.metrics.join import Joined
from harness.metrics.samples import Samples, finite


def added_ttft(joined: Joined) -> Samples:
    service = joined.ms("first_content") - joined.ms("sent")
    rows = np.flatnonzero(joined.last)
    return finite("ms", rows, (service - joined.provider_ttft_ms)[rows])


def hidden_retry(joined: Joined) -> Samples:
    """First to last upstream request of one attempt; only of attempts for which the system asked again."""
    rows = np.flatnonzero(joined.attempts["up_n"].to_numpy() > 1)
    return finite("ms", rows, (joined.ms("up_received") - joined.ms("up_first_received"))[rows])


SERIES = {"added_ttft": added_ttft, "hidden_retry": hidden_retry}
