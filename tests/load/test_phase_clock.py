"""Phases lie end to end; an instant belongs to the phase that begins at it."""

from harness.clock import SECOND
from harness.load.phase_clock import PhaseClock
from harness.plan.phases import Load, Phase

OPEN, CLOSED = Load(rate=1.0), Load(users=1)
PHASES = [
    Phase(name="warm", duration_s=2, load=CLOSED),
    Phase(name="arrivals", duration_s=3, load=OPEN),
    Phase(name="phones", duration_s=4, load=CLOSED, scenario="mobile"),
    Phase(name="chat", duration_s=1, load=CLOSED),
]
CLOCK = PhaseClock(PHASES, 100 * SECOND)


def name_at(offset_s: float) -> str | None:
    phase = CLOCK.at(int((100 + offset_s) * SECOND))
    return phase.name if phase is not None else None


def turn(scenario: str, offset_s: float) -> tuple[float, str] | None:
    found = CLOCK.next_closed(scenario, int((100 + offset_s) * SECOND))
    return None if found is None else (found[0] / SECOND - 100, found[1].name)


def test_an_instant_belongs_to_one_phase_and_to_none_outside():
    assert [name_at(at) for at in (-0.1, 0, 1.9, 2, 4.9, 5, 9, 9.9, 10)] == [
        None, "warm", "warm", "arrivals", "arrivals", "phones", "chat", "chat", None,
    ]  # fmt: skip
    assert CLOCK.end_ns == 110 * SECOND


def test_a_user_waits_for_the_next_closed_phase_of_its_own_scenario():
    assert turn("chat", -5) == (0, "warm")
    assert turn("chat", 1.5) == (1.5, "warm")
    assert turn("chat", 2) == (9, "chat")
    assert turn("mobile", 0) == (5, "phones")
    assert turn("mobile", 8.5) == (8.5, "phones")
    assert turn("mobile", 9) is None
    assert turn("chat", 10) is None
