"""Several gates at once without several chances of a false alarm."""

from collections.abc import Sequence

import numpy as np

MOST_GATES = 4  # each further one costs the others power


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p values, in the order given."""
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(np.argsort(p_values, kind="stable")):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[int(place)] = highest
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted for the share of false discoveries: for what is looked at beside the gates and never gates."""
    n = len(p_values)
    adjusted = [1.0] * n
    lowest = 1.0
    for rank, place in reversed(list(enumerate(np.argsort(p_values, kind="stable"), 1))):
        lowest = min(lowest, p_values[place] * n / rank)
        adjusted[int(place)] = lowest
    return adjusted
