"""The player with a control that only writes down. Starts in the past make everything due at once."""

import threading
from collections.abc import Iterable

from harness import clock
from harness.network.control import Done
from harness.network.errors import Stuck
from harness.network.journeys import Operation
from harness.network.patches import Patch
from harness.network.play import Player, proxy_name
from harness.record import TimelineEntry

RIDE = ("ride", "riders")
WALK = ("ride", "walkers")
LONG_AGO = 0
FAR_AWAY = 1 << 62


class Notes:
    """Stands in for ToxiproxyControl."""

    def __init__(self, jammed: str = "") -> None:
        self.applied: list[tuple[str, tuple[Patch, ...]]] = []
        self.tainted: dict[str, str] = {}
        self.entered = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self._jammed = jammed

    def apply(self, name: str, patches: Iterable[Patch]) -> Done:
        self.entered.set()
        self.gate.wait(10)
        if name == self._jammed:
            self.tainted[name] = "jammed"
            raise Stuck("no answer within 5 s")
        self.applied.append((name, tuple(patches)))
        return Done(sent_ns=1000, answered_ns=3_001_000)


def operation(offset_s: float, what: str = "link") -> Operation:
    return Operation(
        offset_ns=round(offset_s * clock.SECOND), what=what, patches=(Patch(enabled=True),), params={"x": 1}
    )


def player(
    control: Notes, scores: dict[tuple[str, str], list[Operation]]
) -> tuple[Player, list[TimelineEntry]]:
    timeline: list[TimelineEntry] = []
    return Player(control, scores, timeline.append), timeline  # type: ignore[arg-type]


def test_an_operation_is_applied_to_its_proxy_and_written_down() -> None:
    control = Notes()
    playing, timeline = player(control, {RIDE: [operation(2.0)]})
    playing.play("ride", LONG_AGO)
    assert playing.wait(10)
    playing.stop()
    assert control.applied == [(proxy_name(*RIDE), (Patch(enabled=True),))]
    assert timeline == [
        TimelineEntry(
            t_ns=1000,
            kind="network",
            what="link",
            planned_ns=2_000_000_000,
            phase="ride",
            cohort="riders",
            params={"x": 1, "took_ms": 3.0},
        )
    ]


def test_operations_of_one_proxy_keep_their_order() -> None:
    score = [operation(n / 10, f"step {n}") for n in range(50)]
    playing, timeline = player(Notes(), {RIDE: score})
    playing.play("ride", LONG_AGO)
    assert playing.wait(10)
    playing.stop()
    assert [entry.what for entry in timeline] == [f"step {n}" for n in range(50)]


def test_only_the_phase_that_was_begun_is_played() -> None:
    playing, timeline = player(Notes(), {RIDE: [operation(0)], ("rest", "riders"): [operation(0)]})
    playing.play("rest", LONG_AGO)
    assert playing.wait(10)
    playing.stop()
    assert [entry.phase for entry in timeline] == ["rest"]


def test_a_jammed_proxy_is_in_the_timeline_and_delays_nobody() -> None:
    control = Notes(jammed=proxy_name(*RIDE))
    playing, timeline = player(control, {RIDE: [operation(0)], WALK: [operation(0)]})
    playing.play("ride", LONG_AGO)
    assert playing.wait(10)
    playing.stop()
    assert {entry.cohort: entry.error for entry in timeline} == {
        "riders": "no answer within 5 s",
        "walkers": "",
    }
    assert playing.tainted == {RIDE: "jammed"}


def test_stopping_drops_what_is_still_to_come() -> None:
    playing, timeline = player(Notes(), {RIDE: [operation(0)]})
    playing.play("ride", FAR_AWAY)
    assert not playing.wait(0)
    playing.stop()
    assert timeline == []


def test_stopping_waits_for_the_call_in_flight_and_drops_those_behind_it() -> None:
    control = Notes()
    control.gate.clear()
    playing, timeline = player(control, {RIDE: [operation(0, "first"), operation(0, "second")]})
    playing.play("ride", LONG_AGO)
    assert control.entered.wait(10)
    stopping = threading.Thread(target=playing.stop)
    stopping.start()
    while not playing.stopped:
        pass
    control.gate.set()
    stopping.join(10)
    assert not stopping.is_alive()
    assert [entry.what for entry in timeline] == ["first"]


def test_proxy_names_can_be_addressed_and_differ() -> None:
    odd = [("a/b", "c d"), ("a-b", "c-d"), ("a", "b-c-d"), ("ü", "ß"), ("x" * 80, "y")]
    names = [proxy_name(*key) for key in odd]
    assert len(set(names)) == len(odd)
    assert names == [proxy_name(*key) for key in odd]
    assert all(len(name) <= 64 and "/" not in name and " " not in name for name in names)
