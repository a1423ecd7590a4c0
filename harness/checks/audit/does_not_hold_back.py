"""The buffering detector: three passes at every hop, for no single one tells all kinds of buffers apart."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.checks.audit import buffers, hearing
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.checks.audit.places import by_place, places, server
from harness.metrics.buffering import BURST_MS, Reading, Signature, Verdict, read, signature
from harness.metrics.held import arrivals_ms, trial_of
from harness.summary import State

_LARGE = 90  # tokens; some 2 KiB of text
_PASSES: dict[str, dict[str, Any]] = {
    "small": {"tokens": 41, "itl_ms": 100.0},  # whether anything is held, but not how much: 2.5 KB in all
    "large": {"tokens": 1 + 40 * _LARGE, "itl_ms": 100.0 / _LARGE, "tokens_per_chunk": _LARGE},  # sizes
    "fast": {"tokens": 201, "itl_ms": 10.0},  # timers: 40 ms are invisible in the other two
}
_AGAIN = "fast again"  # 10 ms are close to what a busy machine adds; a buffer holds back both times
_LIMIT = 0.1  # of the gaps
_ENOUGH = 0.9  # of a pass's events
_UNNOTICED_MS = 50.0
_ALONE = 20  # events, for an answer that is not our provider's


def ask(terms: Terms) -> Sequence[Question]:
    if "mock" not in terms.has:
        return [
            Question(name=f"{place} long".strip(), hop=place, tokens=200, limits=hearing.BRIEF)
            for place in places(terms)
        ]
    asked = []
    for place in places(terms):
        asked += [_pass(place, name) for name in _PASSES]
        asked.append(_pass(place, _AGAIN, after=f"{place} fast".strip()))
    return asked


def _pass(place: str, name: str, after: str = "") -> Question:
    shape = _PASSES[name.removesuffix(" again")]
    return Question(name=f"{place} {name}".strip(), hop=place, limits=hearing.BRIEF, after=after, **shape)


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    if "mock" not in terms.has:
        return _judge_alone(heard, terms)
    found = [_Place(name, ones, terms) for name, ones in by_place(heard, terms).items()]
    guilty = next((place for place in found if place.state == "FAIL"), None)
    return Finding(
        state=_state([place.state for place in found]),
        evidence="; ".join(place.says() for place in found) + ".",
        value=round(max((place.burst for place in found), default=0.0), 2),
        limit=_LIMIT,
        unit="of the gaps",
        fix=guilty.fix() if guilty is not None else "",
        streams=hearing.streams(guilty.heard) if guilty is not None else [],
    )


def _state(states: Sequence[State]) -> State:
    if "FAIL" in states:
        return "FAIL"
    return "PASS" if states and all(state == "PASS" for state in states) else "INCONCLUSIVE"


class _Place:
    """What the passes show of one hop, and what to do about it."""

    def __init__(self, name: str, heard: Sequence[Heard], terms: Terms) -> None:
        self.name, self.heard = name, heard
        self.readings: dict[str, Reading] = {}
        for one in heard:
            shape = one.question.name.removeprefix(one.question.hop).strip().removesuffix(" again")
            found, before = _reading(one, terms), self.readings.get(shape)
            if found is not None and (before is None or _badness(found) < _badness(before)):
                self.readings[shape] = found
        self.missing = len(self.readings) < len(_PASSES)
        self.signature = signature(self.readings)
        self.burst = max((reading.burst for reading in self.readings.values()), default=0.0)

    @property
    def state(self) -> State:
        if self.signature.kind not in ("none", "irregular") or self._stuck:
            return "FAIL"
        return "PASS" if self._prompt and not self.missing else "INCONCLUSIVE"

    @property
    def _stuck(self) -> bool:
        """Held so much that no machine can be that busy; 10 ms apart, events come together on any that is."""
        calm = (self.readings.get(name) for name in ("small", "large"))
        return any(reading is not None and reading.verdict is Verdict.BUFFERED for reading in calm)

    @property
    def _prompt(self) -> bool:
        """What is late now and then, without a pattern and for less than anyone notices, is not held back."""
        return all(
            reading.verdict is Verdict.CLEAN or (reading.burst < 0.5 and reading.hold_p95_ms <= _UNNOTICED_MS)
            for reading in self.readings.values()
        )

    def says(self) -> str:
        if not self.readings:
            return f"{self.name}: no pass could be read ({hearing.endings(self.heard)})"
        if self.state == "PASS":
            most = max(reading.hold_p95_ms for reading in self.readings.values())
            return f"{self.name}: holds nothing back (95 % of the events within {most:.1f} ms)"
        text = f"{self.name}: {buffers.kind(self.signature)} ({', '.join(map(self._numbers, self.readings))})"
        if self.missing:
            text += f"; not every pass could be read ({hearing.endings(self.heard)})"
        return text

    def _numbers(self, name: str) -> str:
        reading = self.readings[name]
        most = max(cluster.events for cluster in reading.clusters)
        return (
            f"{name} events: up to {most} at once, burst {reading.burst:.2f}, "
            f"p95 held {reading.hold_p95_ms:.0f} ms"
        )

    def fix(self) -> str:
        for one in self.heard:
            coded = one.headers.get("content-encoding", "identity")
            if coded != "identity":
                return f"It compresses with {coded}, which nobody asked for: {buffers.COMPRESSION}"
        return buffers.fix(self.signature, server(self.heard[0]))


def _badness(reading: Reading) -> tuple[Verdict, float]:
    return reading.verdict, reading.hold_p95_ms


def _reading(one: Heard, terms: Terms) -> Reading | None:
    trial = trial_of(one.record, one.ledger[-1]) if one.ledger else None
    events = one.question.tokens / one.question.tokens_per_chunk
    if trial is None or len(trial.arrived_ms) < _ENOUGH * events:
        return None
    return read(trial, terms.direct_hold_ms)


def _judge_alone(heard: Sequence[Heard], terms: Terms) -> Finding:
    """Without our provider behind it: only what no provider would do can be held against the path."""
    said, states, worst = [], list[State](), 0.0
    for name, ones in by_place(heard, terms).items():
        gaps = np.diff(arrivals_ms(ones[0].record))
        if len(gaps) < _ALONE:
            said.append(f"{name}: too few events to tell ({hearing.endings(ones)})")
            states.append("INCONCLUSIVE")
            continue
        burst = float(np.mean(gaps < BURST_MS))
        worst = max(worst, burst)
        said.append(f"{name}: {burst:.0%} of {len(gaps)} gaps are none")
        states.append("FAIL" if burst >= 0.95 else "PASS" if burst < _LIMIT else "INCONCLUSIVE")
    state = _state(states)
    evidence = "; ".join(said) + "."
    if state == "INCONCLUSIVE":
        evidence += " Without the mock provider behind the system, its bursts cannot be told from the path's."
    fix = buffers.fix(Signature("full")) if state == "FAIL" else ""
    return Finding(
        state=state, evidence=evidence, value=round(worst, 2), limit=_LIMIT, unit="of the gaps", fix=fix
    )


CHECK = Check(
    id="does_not_hold_back",
    group="latency",
    promise="Every event that the provider sends goes on to the user at once, by itself.",
    how="At each hop, 40 small events and 40 of 2 KiB at 100 ms and 200 at 10 ms: what arrives together "
    "names the buffer.",
    fix=buffers.fix(Signature("full")),
    ask=ask,
    judge=judge,
    stage="alone",
    weight=3,
)
