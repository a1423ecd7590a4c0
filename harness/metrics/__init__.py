"""Records -> numbers, one metric a file. Pure.

A module may have `SERIES`, name -> function from a `Joined` run to `Samples` (percentiles are taken of
them), and `SHARES`, name -> function from a `Joined` run and one flag an attempt to one number. Both are
found by looking through this folder, so a new metric is a new file.
"""

import importlib
from collections.abc import Callable
from difflib import get_close_matches
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING

from harness.named import files

if TYPE_CHECKING:
    from harness.metrics.join import Joined
    from harness.metrics.samples import Bools, Samples

    Series = Callable[[Joined], Samples]
    Share = Callable[[Joined, Bools], float | None]


@lru_cache(maxsize=1)
def series() -> "dict[str, Series]":
    """Every metric that has a distribution, by name."""
    return {name: make for module in _modules() for name, make in getattr(module, "SERIES", {}).items()}


@lru_cache(maxsize=1)
def shares() -> "dict[str, Share]":
    """Every metric that is one number for a set of streams, by name."""
    return {name: make for module in _modules() for name, make in getattr(module, "SHARES", {}).items()}


def samples_of(joined: "Joined", name: str) -> "Samples":
    """The samples of metric `name` over the whole run; made once, since every phase asks for them."""
    if name not in joined.made:
        joined.made[name] = series()[name](joined)
    return joined.made[name]


def known_metrics() -> list[str]:
    """Every name that an objective may use."""
    return sorted({*series(), *shares()})


def objective_problem(metric: str, percent: float | None) -> str | None:
    """What is wrong with an objective's metric, for the reader of a plan; None where nothing is."""
    if metric not in known_metrics():
        near = get_close_matches(metric, known_metrics(), 1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known_metrics())}"
        return f"unknown metric {metric}; {hint}"
    if percent is None and metric not in shares():
        return f"{metric} is a distribution; name a percentile, as in '{metric} p95'"
    if percent is not None and metric not in series():
        return f"{metric} is one number; leave out p{percent:g}"
    if percent is not None and not 0 < percent < 100:
        return f"p{percent:g} is no percentile; it lies between 0 and 100"
    return None


def _modules() -> list[ModuleType]:
    return [importlib.import_module(f"{__name__}.{name}") for name in files(__name__)]
