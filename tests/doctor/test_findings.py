"""Each fact about a machine held against what measuring needs."""

from typing import Any

import msgspec
import pytest

from harness.doctor.findings import findings
from harness.doctor.machine import Facts, _available_mb, _pressure, _steal, facts
from harness.doctor.text import finding_line

GOOD = Facts(
    descriptors=20_000, ports=28_232, cores=8, governor="performance", kernel_stamp_late_us=3.0,
    clock_step_ns=60, clock_backwards=False, wall_drift_us=0.1, steal=0.0, pressure=0.01,
    memory_mb=8000.0, toxiproxy="/bin/toxiproxy", nginx="/usr/sbin/nginx", chromium="/usr/bin/chromium",
)  # fmt: skip


def states(**changed: Any) -> dict[str, str]:
    return {f.id: f.state for f in findings(msgspec.structs.replace(GOOD, **changed))}


def test_a_good_machine_is_fine_in_every_line():
    assert set(states().values()) == {"OK"}
    assert all(finding.number and finding.limit and not finding.fix for finding in findings(GOOD))


@pytest.mark.parametrize(
    ("changed", "id", "state"),
    [
        ({"descriptors": 4096}, "descriptors", "WARN"),
        ({"descriptors": 256}, "descriptors", "FAIL"),
        ({"ports": 1000}, "ephemeral_ports", "WARN"),
        ({"cores": 1}, "cores", "WARN"),
        ({"governor": "powersave"}, "cpu_governor", "WARN"),
        ({"kernel_stamp_late_us": None}, "kernel_stamps", "WARN"),
        ({"clock_step_ns": 5000}, "clock", "WARN"),
        ({"wall_drift_us": 900.0}, "clock", "WARN"),
        ({"clock_backwards": True}, "clock", "FAIL"),
        ({"steal": 0.03}, "steal", "WARN"),
        ({"pressure": 0.5}, "other_work", "WARN"),
        ({"memory_mb": 500.0}, "memory", "WARN"),
        ({"memory_mb": 100.0}, "memory", "FAIL"),
        ({"toxiproxy": None}, "toxiproxy", "MISSING"),
        ({"nginx": None}, "nginx", "MISSING"),
        ({"chromium": None}, "chromium", "MISSING"),
    ],
)
def test_each_want_has_its_state_and_says_what_to_do(changed, id, state):
    found = next(f for f in findings(msgspec.structs.replace(GOOD, **changed)) if f.id == id)
    assert found.state == state
    assert found.fix
    assert f"fix: {found.fix}" in finding_line(found)


def test_what_the_platform_does_not_say_is_no_fault():
    silent = {"descriptors": None, "ports": None, "governor": None, "steal": None, "pressure": None}
    assert set(states(**silent, memory_mb=None).values()) == {"OK"}


def test_the_kernel_s_own_words_are_read():
    assert _pressure("some avg10=12.50 avg60=1.00 avg300=0.10 total=9\nfull avg10=0.00 total=0") == 0.125
    assert _pressure(None) is None
    assert _available_mb("MemTotal: 100 kB\nMemAvailable:    2048 kB") == 2.0
    assert _steal("cpu  10 0 10 75 0 0 0 5 0 0\ncpu0 1 2 3") == 0.05


def test_this_machine_can_be_looked_at():
    seen = facts()
    assert seen.cores >= 1
    assert not seen.clock_backwards
    assert len(findings(seen)) == 12
