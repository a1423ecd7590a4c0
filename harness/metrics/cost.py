"""What waste costs, where the plan says what a token does."""

import numpy as np

from harness.metrics.join import Joined
from harness.metrics.samples import Bools
from harness.metrics.waste import regenerated_tokens, wasted_tokens


def cost_of(joined: Joined, chosen: Bools) -> float | None:
    """Tokens wasted or generated again for the attempts for which `chosen`, at their model's price.

    None without a ledger or a price.
    """
    provider = joined.run.plan.provider
    if not joined.has_ledger or provider is None:
        return None
    prices = {name: model.price_per_million for name, model in provider.models.items()}
    if all(price is None for price in prices.values()):
        return None
    per_row = np.bincount(
        np.maximum(joined.upstream["attempt_row"].to_numpy(dtype=np.int64), 0),
        np.where(joined.upstream["attempt_row"].to_numpy() >= 0, wasted_tokens(joined), 0),
        minlength=len(joined.attempts),
    )
    per_row = per_row + regenerated_tokens(joined)
    default = joined.run.plan.target.model or next(iter(prices))
    models = [str(model).partition("+")[0] or default for model in joined.attempts["model"]]
    price = np.array([prices.get(model) or 0.0 for model in models])
    return round(float((per_row * price)[chosen].sum()) / 1e6, 6)
