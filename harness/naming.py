"""What the folders of runs and audits are called, so that they lie side by side in the order of time."""

from datetime import datetime
from pathlib import Path


def name_of(started: datetime, name: str) -> str:
    """The folder of what began at `started` (UTC)."""
    return f"{started:%Y%m%dT%H%M%SZ}-{name}"


def unused(path: Path) -> Path:
    """`path`, or the first of `path`-2, `path`-3, … that is not there yet."""
    taken, number = path, 2
    while taken.exists():
        taken, number = path.with_name(f"{path.name}-{number}"), number + 1
    return taken
