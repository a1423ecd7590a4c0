"""When each phase and each network event really was, from the timeline. Applied times, never planned ones."""

from dataclasses import dataclass, field
from typing import Any

from harness.metrics.run_data import RunData
from harness.record import TimelineEntry

_PAIRS = {
    "outage_begin": ("outage", "outage_end"),
    "refuse_begin": ("refuse", "refuse_end"),
    # A cut stays armed for a while, so that streams between two tokens are hit as well.
    "cut": ("cut", "cut_end"),
}


@dataclass(frozen=True)
class Event:
    """Something that was done to one cohort's network, or that happened to a process. Instants are ns."""

    kind: str  # link, outage, silence, cut, refuse, unknown, died
    start_ns: int
    end_ns: int
    phase: str = ""
    cohort: str = ""
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def mode(self) -> str:
        """`rst` or `fin` of a cut."""
        return next((str(value) for value in self.params.values() if value in ("rst", "fin")), "")

    @property
    def name(self) -> str:
        said = self.params.get("link") or self.params.get("name")
        if said:
            return str(said) if self.kind == "link" else f"{said} {self.kind}"
        return f"{self.kind} {self.mode}".strip()


def phase_spans(run: RunData) -> dict[str, tuple[int, int]]:
    """Name -> (start, end) in ns, in order.

    The timeline may hold phases as they were to be. A phase that the run's end cut short ends with the run,
    and one that was still to come did not take place.
    """
    over = run.facts.ended_ns
    spans: dict[str, tuple[int, int]] = {}
    for entry in run.timeline:
        if entry.kind != "phase":
            continue
        if entry.what == "start" and entry.t_ns < over:
            spans[entry.phase] = (entry.t_ns, over)
        elif entry.what == "end" and entry.phase in spans:
            spans[entry.phase] = (spans[entry.phase][0], min(entry.t_ns, over))
    return spans


def events(run: RunData) -> list[Event]:
    """Network events and deaths in the order in which they began.

    What failed to be applied is left out. It may have been applied by half, so from the first of it the state
    of its cohort's path is `unknown`, until the end of the run.
    """
    applied = [entry for entry in run.timeline if not entry.error]
    found = [_event(run, entry, applied[place + 1 :]) for place, entry in enumerate(applied)]
    failed = [entry for entry in run.timeline if entry.kind == "network" and entry.error]
    first = {(entry.phase, entry.cohort): entry for entry in reversed(failed)}
    over = run.facts.ended_ns
    found += [
        Event("unknown", at.t_ns, max(at.t_ns, over), at.phase, at.cohort, {"name": "path"})
        for at in first.values()
    ]
    return sorted((event for event in found if event is not None), key=lambda event: event.start_ns)


def _event(run: RunData, entry: TimelineEntry, later: list[TimelineEntry]) -> Event | None:
    if entry.kind == "process" and entry.what == "died":
        return Event("died", entry.t_ns, entry.t_ns, entry.phase, entry.cohort, entry.params)
    if entry.kind != "network":
        return None
    if entry.what == "link":
        return Event("link", entry.t_ns, _end(run, entry, later, "link"), *_whose(entry))
    if entry.what in _PAIRS:
        kind, closing = _PAIRS[entry.what]
        kind = "silence" if kind == "outage" and _outlasts_patience(run, entry) else kind
        return Event(kind, entry.t_ns, _end(run, entry, later, closing), *_whose(entry))
    return None


def _outlasts_patience(run: RunData, entry: TimelineEntry) -> bool:
    """An outage without an end, or one beyond the users' own idle limit: nothing can bring that through."""
    hold_s = float(entry.params.get("hold_s") or entry.params.get("outage_s") or 0)
    return entry.params.get("kind") == "blackhole" or hold_s >= run.plan.target.limits.idle_s


def _whose(entry: TimelineEntry) -> tuple[str, str, dict[str, Any]]:
    return entry.phase, entry.cohort, entry.params


def _end(run: RunData, entry: TimelineEntry, later: list[TimelineEntry], what: str) -> int:
    for other in later:
        same = (other.kind, other.what, other.cohort, other.phase) == (
            "network", what, entry.cohort, entry.phase,
        )  # fmt: skip
        if same:
            return other.t_ns
    if what == "cut_end":
        return entry.t_ns
    # A step without length lasts until the network is taken down after the load has drained, so until
    # nothing of its phase can still be open.
    return max(entry.t_ns, run.facts.ended_ns)
