"""What only a harness with both ends can know, over the whole run."""

import numpy as np

from harness.metrics.added import added_ttft
from harness.metrics.false_success import false_successes
from harness.metrics.faults import fault_id
from harness.metrics.integrity import coalesce_ratio, integrity
from harness.metrics.join import Joined
from harness.metrics.percentiles import metric
from harness.metrics.samples import Bools
from harness.metrics.token_delay import token_delay
from harness.metrics.waste import upstream_abort, wasted_tokens
from harness.summary import TwoSided


def two_sided(joined: Joined) -> TwoSided | None:
    """None where no mock provider of ours stood behind the system."""
    if not joined.has_ledger:
        return None
    every = np.ones(len(joined.attempts), dtype=bool)
    statuses = joined.upstream["status"].value_counts().sort_index()
    faults = joined.upstream["fault"].map(fault_id).value_counts().sort_index()
    return TwoSided(
        attempts_upstream=len(joined.upstream),
        attempts_per_stream=attempts_per_stream(joined, every),
        tokens_emitted=int(joined.upstream["emitted_tokens"].sum()),
        tokens_other=int(joined.upstream["other_tokens"].sum()),
        tokens_received=int(joined.attempts["tokens"].sum()),
        wasted_tokens=int(wasted_tokens(joined).sum()),
        false_success=len(false_successes(joined)),
        integrity=integrity(joined, every),
        added_ttft=metric(added_ttft(joined)),
        token_delay=metric(token_delay(joined)),
        upstream_abort=metric(upstream_abort(joined)),
        coalesce_ratio=coalesce_ratio(joined, every),
        provider_statuses={str(status): int(n) for status, n in statuses.items()},
        provider_faults={str(fault): int(n) for fault, n in faults.items() if fault},
    )


def attempts_per_stream(joined: Joined, chosen: Bools) -> float | None:
    """Upstream requests over streams whose request was sent; above 1, somebody asked again."""
    if not joined.has_ledger:
        return None
    asked = int(joined.attempts["up_n"].to_numpy()[chosen].sum())
    sent = joined.attempts[chosen & np.isfinite(joined.ms("sent"))]["stream"].nunique()
    return asked / sent if sent else None
