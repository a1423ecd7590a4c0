"""A run while it lasts: a live panel for a terminal, a plain line for a log. The caller has the clock."""

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.clean import visible
from reports.numerals import NOTHING, number
from reports.outcomes import sentence

LINE_EVERY_S = 5.0  # without a terminal
_BAR = 36
_SECONDS = 60
_STEPS = "▁▂▃▄▅▆▇█"
_LIGHTS = {"VALID": ("✓", "green"), "SUSPECT": ("?", "yellow"), "INVALID": ("✕", "bold red")}


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """The counters of a run at one moment."""

    elapsed_s: float
    duration_s: float
    phase: str
    users: int | None  # None: streams arrive at a rate, whoever asks
    in_flight: int
    finished: int  # attempts
    ttft_p50_ms: float | None  # of the recent past, as the caller defines it
    ttft_p95_ms: float | None
    outcomes: dict[str, int]
    faults_now: list[str]
    tokens: int = 0  # of the attempts that have ended
    lights: dict[str, str] = {}  # question -> VALID, SUSPECT, INVALID


class Minute:
    """The last minute, a value a second, for the small curves of the dashboard."""

    def __init__(self) -> None:
        self._kept: deque[Live] = deque(maxlen=_SECONDS + 1)

    def add(self, live: Live) -> None:
        """Keeps one of each second; the caller may draw more often."""
        if self._kept and live.elapsed_s < self._kept[-1].elapsed_s:
            self._kept.clear()
        if not self._kept or int(live.elapsed_s) > int(self._kept[-1].elapsed_s):
            self._kept.append(live)

    def curves(self) -> dict[str, list[float | None]]:
        """Label -> one value a second; rates are between two neighbours."""
        kept = list(self._kept)
        return {
            "in flight": [float(live.in_flight) for live in kept],
            "TTFT p95, ms": [live.ttft_p95_ms for live in kept],
            "tokens/s of ended streams": _rates([(live.elapsed_s, live.tokens) for live in kept]),
            "ended/s": _rates([(live.elapsed_s, live.finished) for live in kept]),
            "not completed/s": _rates(
                [(live.elapsed_s, live.finished - live.outcomes.get("completed", 0)) for live in kept]
            ),
        }


def _rates(counts: list[tuple[float, int]]) -> list[float | None]:
    return [
        max(after - before, 0) / max(late - early, 0.001)
        for (early, before), (late, after) in pairwise(counts)
    ]


def sparkline(values: Sequence[float | None]) -> str:
    """One character a value over zero; a gap where there is none."""
    top = max((value for value in values if value is not None), default=0.0)
    return "".join(
        " " if value is None else _STEPS[min(int(value / top * 8), 7)] if top > 0 else _STEPS[0]
        for value in values
    )


def line(live: Live) -> str:
    """One line without a line end, e.g. for a CI log."""
    parts = [
        f"{live.elapsed_s:5.0f} s",
        live.phase or "starting",
        *([] if live.users is None else [f"users {live.users}"]),
        f"in flight {live.in_flight}",
        f"TTFT p50 {_ms(live.ttft_p50_ms)} p95 {_ms(live.ttft_p95_ms)}",
        f"finished {live.finished}"
        + (f" ({sentence(live.outcomes)})" if any(live.outcomes.values()) else ""),
    ]
    if live.faults_now:
        parts.append("faults: " + ", ".join(live.faults_now))
    return visible(" | ".join(parts)).replace("\n", " ")


def dashboard(live: Live, minute: Minute | None = None) -> RenderableType:
    """The same as a few lines that a terminal redraws in place, with the last minute as small curves."""
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
        NOTHING if live.users is None else number(live.users),
        number(live.in_flight),
        _ms(live.ttft_p50_ms),
        _ms(live.ttft_p95_ms),
        number(live.finished),
    )
    grid.add_row(*[Text(value, "bold") for value in numbers])
    curves = [_curves(minute)] if minute is not None else []
    return Group(head, grid, *curves, _mix(live.outcomes), _faults(live.faults_now), _lights(live.lights))


def _curves(minute: Minute) -> Table:
    grid = Table.grid(padding=(0, 2))
    for label, values in minute.curves().items():
        known = [value for value in values if value is not None]
        if known:
            last = values[-1]
            now = NOTHING if last is None else number(int(last) if last == int(last) else last)
            grid.add_row(Text(label, "dim"), Text(sparkline(values), "cyan", no_wrap=True), Text(now))
    return grid


def _lights(lights: Mapping[str, str]) -> Text:
    """Never by colour alone: a mark and a word each."""
    if not lights:
        return Text("measurement: not known yet", "dim")
    told = Text("measurement: ", "dim")
    for question, state in lights.items():
        mark, style = _LIGHTS.get(state, ("?", "yellow"))
        told.append(f"{mark} {visible(question)}", style)
        told.append("" if state == "VALID" else f" {state.lower()}", style)
        told.append("  ")
    return told


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
