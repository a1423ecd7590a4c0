"""A load process tells each second how late it is itself; here its clock and its sleep are ours."""

import gc
from pathlib import Path

import pytest

from harness.clock import MS, SECOND
from harness.load import health
from harness.load.health import Health
from harness.load.loop_lag import LoopLag
from harness.load.outbox import Outbox
from harness.record import HostSample
from harness.transports.kernel_stamps import KernelClock

TICK_NS = 5 * MS


class Kept(Outbox):
    """An outbox whose rows can be looked at."""

    def __init__(self) -> None:
        super().__init__(None, "load-0", ships=False)
        self.rows: list[HostSample] = []

    def put(self, table, row) -> None:
        assert table == "host"
        self.rows.append(row)


class Clocks(KernelClock):
    """Its two clocks stay as far apart as they are, but for the steps of its script, one a sample."""

    def __init__(self) -> None:  # it asks no kernel for stamps
        self.steps_ns: list[int] = []
        self.samples = 0

    def resample(self) -> int:
        self.samples += 1
        return self.steps_ns.pop(0) if self.steps_ns else 0


class Over(Exception):
    """The script has no more sleeps."""


class Machine:
    """Each tick of the sampler's timer is late by as much as the script says, the processor works half of the
    time, and one tick of it in four is stolen."""

    def __init__(self, late_ms: list[float]) -> None:
        self.now_ns, self._late = 100 * SECOND, iter(late_ms)
        self.lag, self.clocks = LoopLag(), Clocks()
        self.lag._due_ns = self.now_ns + TICK_NS

    def now(self) -> int:
        return self.now_ns

    def sleep(self, seconds: float) -> None:
        wakes_ns = self.now_ns + int(seconds * SECOND)
        while self.now_ns < wakes_ns:
            late = next(self._late, None)
            if late is None:
                raise Over
            self.now_ns = max(self.lag._due_ns, self.now_ns) + int(late * MS)
            self.lag.tick()

    def process_time(self) -> float:
        return self.now_ns / SECOND / 2

    def ticks(self) -> tuple[int, int]:
        return self.now_ns // SECOND, 4 * (self.now_ns // SECOND)


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch):
    """The rows of a sampler on a machine whose sleeps are late by these ms."""

    def run(late_ms: list[float], prepare=lambda machine, sampler: None) -> list[HostSample]:
        machine, outbox = Machine(late_ms), Kept()
        sampler = Health("load-0", outbox, machine.clocks)
        sampler._lag = machine.lag
        monkeypatch.setattr(health.clock, "now", machine.now)
        monkeypatch.setattr(health.gevent, "sleep", machine.sleep)
        monkeypatch.setattr(health.time, "process_time", machine.process_time)
        monkeypatch.setattr(health, "_machine_ticks", machine.ticks)
        prepare(machine, sampler)
        with pytest.raises(Over):
            sampler._run()
        return outbox.rows

    return run


def test_a_row_a_second_tells_lateness_work_and_what_was_stolen(sampled) -> None:
    late = [0.0] * 98 + [10.0, 30.0]  # 0.54 s; the rest of the second is on time
    [row] = sampled(late + [0.0] * 94)
    assert row.process == "load-0"
    assert row.t_ns == 101 * SECOND
    assert (row.loop_lag_p99_ms, row.loop_lag_max_ms) == (10.0, 30.0)  # the second-worst of 194 ticks
    assert row.cpu == pytest.approx(0.5)
    assert row.steal == 0.25
    assert row.rss_mb > 1


def test_a_second_begins_without_the_last_ones_lateness(sampled) -> None:
    first, second = sampled([500.0] + [0.0] * 100 + [0.0] * 200)
    assert (first.loop_lag_max_ms, second.loop_lag_max_ms) == (500.0, 0.0)
    assert second.t_ns - first.t_ns == SECOND


def test_a_process_that_stood_still_for_seconds_has_one_row_of_it(sampled) -> None:
    [row] = sampled([3000.0] + [0.0] * 150)
    assert row.loop_lag_max_ms == 3000.0
    assert row.cpu == pytest.approx(0.5)  # of the time that really passed


def test_the_longest_collection_of_a_second_is_told_once(sampled) -> None:
    def collect(machine: Machine, sampler: Health) -> None:
        for duration_ms in (7, 3):
            sampler._collecting("start", {})
            machine.now_ns += duration_ms * MS
            sampler._collecting("stop", {})

    rows = sampled([0.0] * 405, collect)
    assert [row.gc_max_ms for row in rows] == [7.0, 0.0]


def test_the_streams_open_at_the_end_of_the_second_are_told(sampled) -> None:
    def open_three(machine: Machine, sampler: Health) -> None:
        sampler.in_flight = 3

    [row] = sampled([0.0] * 200, open_three)
    assert row.in_flight == 3


def test_what_is_left_of_descriptors_and_ports_is_told(sampled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.sockets, "descriptors_in_use", lambda: 250)
    monkeypatch.setattr(health.sockets, "descriptor_limit", lambda: 1000)
    monkeypatch.setattr(health.sockets, "lingering", lambda: 40)
    monkeypatch.setattr(health.sockets, "port_limit", lambda: 100)

    def open_ten(machine: Machine, sampler: Health) -> None:
        sampler.in_flight = 10

    [row] = sampled([0.0] * 200, open_ten)
    assert (row.descriptors, row.ports) == (0.25, 0.5)


def test_waits_for_a_quota_are_told_of_their_second(sampled, monkeypatch: pytest.MonkeyPatch) -> None:
    periods = iter([10, 13, 13])
    monkeypatch.setattr(health, "throttled_periods", lambda: next(periods))
    assert [row.throttled for row in sampled([0.0] * 400)] == [3, 0]


def test_a_step_of_the_clock_is_told_of_the_second_in_which_it_was_found(sampled) -> None:
    before_the_test, sampler_clocks = 7 * SECOND, []

    def step(machine: Machine, sampler: Health) -> None:
        machine.clocks.steps_ns = [before_the_test, 0, -SECOND, MS // 2]
        sampler_clocks.append(machine.clocks)

    assert [row.wall_step_ms for row in sampled([0.0] * 600, step)] == [0.0, 1000.0, 0.5]
    assert sampler_clocks[0].samples == 1 + 3  # the distance is taken once a second, not twice


def test_without_limits_nothing_is_near_them(sampled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.sockets, "descriptor_limit", lambda: None)
    monkeypatch.setattr(health.sockets, "port_limit", lambda: None)
    [row] = sampled([0.0] * 200)
    assert (row.descriptors, row.ports) == (0.0, 0.0)


def test_it_listens_to_the_collector_only_while_it_runs() -> None:
    before = list(gc.callbacks)
    sampler = Health("load-0", Kept(), Clocks())
    sampler.start()
    assert len(gc.callbacks) == len(before) + 1
    sampler.stop()
    sampler.stop()
    assert gc.callbacks == before


def test_where_the_platform_does_not_say_there_are_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "Path", lambda name: Path("/nowhere") / name.lstrip("/"))
    assert health._machine_ticks() == (0, 0)
    assert health._resident_mb() == 0.0


def test_stolen_ticks_are_the_eighth_and_guests_are_not_counted_twice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "stat").write_text("cpu  100 1 20 300 4 5 6 70 50 8\ncpu0 1 2\n")  # proc(5)
    monkeypatch.setattr(health, "Path", lambda name: tmp_path / "stat")
    assert health._machine_ticks() == (70, 506)
