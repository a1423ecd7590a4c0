"""The lag of the hub, with a clock of ours and with a hub that is really blocked."""

import gevent
import pytest
from gevent.monkey import get_original

from harness.clock import MS
from harness.load import loop_lag
from harness.load.loop_lag import LoopLag


def test_a_tick_is_held_against_the_instant_that_it_was_due(monkeypatch: pytest.MonkeyPatch) -> None:
    lag, now = LoopLag(), [0]
    monkeypatch.setattr(loop_lag.clock, "now", lambda: now[0] * MS)
    lag._due_ns = 5 * MS
    for now[0] in (5, 11, 16, 41, 46, 50):  # each is due 5 ms after the one before
        lag.tick()
    assert lag.take() == [0, 0, 0, 0, 1 * MS, 20 * MS]


def test_a_hub_that_has_not_turned_since_is_late_by_that(monkeypatch: pytest.MonkeyPatch) -> None:
    lag = LoopLag()
    lag._due_ns = 5 * MS
    monkeypatch.setattr(loop_lag.clock, "now", lambda: 300 * MS)
    assert lag.take() == [295 * MS]


def test_a_blocked_hub_is_seen() -> None:
    lag = LoopLag()
    lag.start()
    gevent.sleep(0.02)
    calm = lag.take()
    get_original("time", "sleep")(0.05)
    gevent.sleep(0.01)
    lag.stop()
    lag.stop()
    assert len(calm) >= 1
    assert lag.take()[-1] > 40 * MS
    gevent.sleep(0.02)
    assert len(lag.take()) == 1  # no tick after its end
