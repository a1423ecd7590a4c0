"""A run while it lasts: a live panel for a terminal, a plain line for a log. The caller has the clock."""

from collections.abc import Mapping

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.clean import visible
from reports.numerals import NOTHING, number
from reports.outcomes import sentence

LINE_EVERY_S = 5.0  # without a terminal
_BAR = 36


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """The counters of a run at one moment."""

    elapsed_s: float
    duration_s: float
    phase: str
    users: int
    in_flight: int
    finished: int  # attempts
    ttft_p50_ms: float | None  # of the recent past, as the caller defines it
    ttft_p95_ms: float | None
    outcomes: dict[str, int]
    faults_now: list[str]


def line(live: Live) -> str:
    """One line without a line end, e.g. for a CI log."""
    parts = [
        f"{live.elapsed_s:5.0f} s",
        live.phase or "starting",
        f"users {live.users}",
        f"in flight {live.in_flight}",
        f"TTFT p50 {_ms(live.ttft_p50_ms)} p95 {_ms(live.ttft_p95_ms)}",
        f"finished {live.finished}"
        + (f" ({sentence(live.outcomes)})" if any(live.outcomes.values()) else ""),
    ]
    if live.faults_now:
        parts.append("faults: " + ", ".join(live.faults_now))
    return visible(" | ".join(parts)).replace("\n", " ")


def dashboard(live: Live) -> RenderableType:
    """The same as a few lines that a terminal redraws in place."""
    done = min(max(live.elapsed_s / live.duration_s, 0.0), 1.0) if live.duration_s > 0 else 0.0
    full = round(_BAR * done)
    head = Text.assemble(
        (visible(live.phase) or "starting", "bold"),
        f"  {live.elapsed_s:.0f} of {live.duration_s:.0f} s  ",
        ("━" * full, "cyan"),
        ("━" * (_BAR - full), "dim"),
    )
    grid = Table.grid(padding=(0, 2))
    grid.add_row(*[Text(name, "dim") for name in ("users", "in flight", "TTFT p50", "TTFT p95", "finished")])
    numbers = (
        number(live.users),
        number(live.in_flight),
        _ms(live.ttft_p50_ms),
        _ms(live.ttft_p95_ms),
        number(live.finished),
    )
    grid.add_row(*[Text(value, "bold") for value in numbers])
    return Group(head, grid, _mix(live.outcomes), _faults(live.faults_now))


def _ms(value: float | None) -> str:
    return NOTHING if value is None else f"{number(float(value))} ms"


def _mix(outcomes: Mapping[str, int]) -> Text:
    return Text(visible(sentence(outcomes)) if any(outcomes.values()) else "no stream has ended yet", "dim")


def _faults(faults: list[str]) -> Text:
    return (
        Text("faults now: " + visible(", ".join(faults)), "yellow")
        if faults
        else Text("no fault active", "dim")
    )
