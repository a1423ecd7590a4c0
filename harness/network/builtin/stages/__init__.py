"""What happens to the bytes of one direction of one connection, one toxic a file, found by its name."""

import importlib
from functools import cache
from pathlib import Path

from harness.network.builtin.stages.stage import Stage


@cache
def stage_types() -> dict[str, type[Stage]]:
    """Every toxic by the name that the API knows it by."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem not in ("__init__", "stage"):
            module = importlib.import_module(f"{__name__}.{path.stem}")
            found[path.stem] = module.Toxic
    return found
