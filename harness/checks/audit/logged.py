"""The system's log line about a stream, held against what was measured; shared by the checks of logs."""

from collections.abc import Sequence

from harness.checks.audit import hearing
from harness.checks.audit.check import Finding, Heard
from harness.clock import MS

SHARE = 0.10  # of a value by which log and measurement may differ


def number(heard: Heard, key: str) -> float | None:
    """A number of the line; None where it has none there."""
    value = (heard.log or {}).get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def span_ms(since_ns: int | None, until_ns: int | None) -> float | None:
    return (until_ns - since_ns) / MS if since_ns is not None and until_ns is not None else None


def outside(value: float, low: float, high: float, least: float) -> bool:
    """Whether `value` lies off [low, high] by more than a share of it and `least`."""
    slack = max(least, SHARE * high)
    return not low - slack <= value <= high + slack


def without_lines(heard: Sequence[Heard]) -> Finding | None:
    """Why nothing can be judged where no stream has a line; None where one has."""
    if any(one.log is not None for one in heard):
        return None
    return hearing.unjudged(
        f"No line of the log names one of {len(heard)} streams: {hearing.endings(heard) or 'nothing asked'}.",
        fix="Check the log's path in the target file, and which field holds the stream's id or its prompt.",
    )
