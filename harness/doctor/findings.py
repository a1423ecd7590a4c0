"""What a machine needs in order to measure, fact by fact, each with its limit and its fix. Pure."""

from typing import Literal

import msgspec

from harness.doctor.machine import Facts

FindingState = Literal["OK", "WARN", "FAIL", "MISSING"]

_STREAMS_WANTED = 2000
_ENDS_A_STREAM = 4  # descriptors: the user's, the system's two, the provider's


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the examination. FAIL: this machine cannot measure; MISSING: an optional part is absent."""

    id: str
    state: FindingState
    number: str
    limit: str
    fix: str = ""


def findings(facts: Facts) -> list[Finding]:
    """Every fact held against what measuring needs, in the order in which it is printed."""
    found = [
        _descriptor_finding(facts.descriptors),
        _port_finding(facts.ports),
        _core_finding(facts.cores),
        _governor_finding(facts.governor),
        _stamp_finding(facts.kernel_stamp_late_us),
        _clock_finding(facts),
        _steal_finding(facts.steal),
        _pressure_finding(facts.pressure),
        _memory_finding(facts.memory_mb),
    ]
    optional = (
        ("toxiproxy", facts.toxiproxy, "network faults", "streamproof toxiproxy install"),
        ("nginx", facts.nginx, "scenarios/nginx.yaml", "Debian: apt-get install nginx-light"),
        ("chromium", facts.chromium, "tests of the report", "Debian: apt-get install chromium"),
    )
    return found + [_optional(*part) for part in optional]


def _descriptor_finding(most: int | None) -> Finding:
    wanted = _STREAMS_WANTED * _ENDS_A_STREAM
    if most is None:
        return Finding(id="descriptors", state="OK", number="no limit", limit=f">= {wanted}")
    state: FindingState = "OK" if most >= wanted else "WARN" if most >= 1024 else "FAIL"
    fix = f"ulimit -Hn {wanted} (or LimitNOFILE of the service); {most} allow about {most // 4} streams"
    return Finding(
        id="descriptors",
        state=state,
        number=str(most),
        limit=f">= {wanted}",
        fix="" if state == "OK" else fix,
    )


def _port_finding(ports: int | None) -> Finding:
    wanted = _STREAMS_WANTED * 2
    if ports is None:
        return Finding(id="ephemeral_ports", state="OK", number="unknown", limit=f">= {wanted}")
    state: FindingState = "OK" if ports >= wanted else "WARN"
    fix = "" if state == "OK" else 'sysctl -w net.ipv4.ip_local_port_range="15000 65000"'
    return Finding(id="ephemeral_ports", state=state, number=str(ports), limit=f">= {wanted}", fix=fix)


def _core_finding(cores: int) -> Finding:
    state: FindingState = "OK" if cores >= 2 else "WARN"
    fix = "" if cores >= 2 else "load and provider share one core and disturb each other; use two or more"
    return Finding(id="cores", state=state, number=str(cores), limit=">= 2", fix=fix)


def _governor_finding(governor: str | None) -> Finding:
    slow = governor in ("powersave", "conservative")
    return Finding(
        id="cpu_governor",
        state="WARN" if slow else "OK",
        number=governor or "not shown",
        limit="not powersave",
        fix="cpupower frequency-set -g performance: a sleeping core about doubles TTFT" if slow else "",
    )


def _stamp_finding(late_us: float | None) -> Finding:
    limit = "present"
    if late_us is None:
        fix = "only Linux stamps TCP reads in the kernel; arrivals are stamped by Python, which is later"
        return Finding(id="kernel_stamps", state="WARN", number="none", limit=limit, fix=fix)
    return Finding(
        id="kernel_stamps", state="OK", number=f"present, read {late_us:.0f} us later", limit=limit
    )


def _clock_finding(facts: Facts) -> Finding:
    number = f"steps of {facts.clock_step_ns} ns, wall drift {facts.wall_drift_us:.1f} us"
    limit = "forwards, <= 1000 ns, <= 100 us"
    if facts.clock_backwards:
        fix = "the monotonic clock went backwards: no time on this machine can be trusted"
        return Finding(id="clock", state="FAIL", number=number, limit=limit, fix=fix)
    coarse = facts.clock_step_ns > 1000 or facts.wall_drift_us > 100
    fix = "look for a clock that is being stepped, or a clock source like hpet" if coarse else ""
    return Finding(id="clock", state="WARN" if coarse else "OK", number=number, limit=limit, fix=fix)


def _steal_finding(steal: float | None) -> Finding:
    fix = "the hypervisor gives this machine's time to others; use a machine of its own"
    return _taken("steal", steal, 0.01, f"{steal or 0:.2%}", fix)


def _pressure_finding(pressure: float | None) -> Finding:
    fix = "end what else is running, then ask again: figures taken now are too low"
    number = f"{pressure or 0:.0%} of the last 10 s somebody waited for a core"
    return _taken("other_work", pressure, 0.2, number, fix)


def _taken(id: str, share: float | None, least: float, number: str, fix: str) -> Finding:
    """A share of the machine that others have; from `least` on it is worth a warning."""
    limit = f"< {least:.0%}".replace("%", " %")
    if share is None:
        return Finding(id=id, state="OK", number="unknown", limit=limit)
    much = share >= least
    return Finding(id=id, state="WARN" if much else "OK", number=number, limit=limit, fix=fix if much else "")


def _memory_finding(available_mb: float | None) -> Finding:
    wanted = 1024
    if available_mb is None:
        return Finding(id="memory", state="OK", number="unknown", limit=f">= {wanted} MB")
    state: FindingState = "OK" if available_mb >= wanted else "WARN" if available_mb >= 256 else "FAIL"
    fix = "" if state == "OK" else "free some: a run of 1,000 streams takes about 1 GB in all its parts"
    return Finding(
        id="memory", state=state, number=f"{available_mb:.0f} MB free", limit=f">= {wanted} MB", fix=fix
    )


def _optional(id: str, place: str | None, use: str, fix: str) -> Finding:
    if place is None:
        return Finding(id=id, state="MISSING", number="not found", limit=f"for {use}", fix=fix)
    return Finding(id=id, state="OK", number=place, limit=f"for {use}")
