"""How late this process itself is, so that no system is blamed for it."""

from collections.abc import Sequence

import gevent
import msgspec

from harness import clock
from harness.checks.audit.check import Finding, Heard

_SLEEP_S = 0.01
_WORTH_NS = 2 * clock.MS
_MS = {"ms": 1.0, "s": 1000.0}


class OwnLag:
    """Watches the overshoot of short sleeps. Used in a `with` block."""

    def __init__(self) -> None:
        self._late: list[tuple[int, int]] = []  # (instant, ns) of each overshoot worth noting
        self._watching: gevent.Greenlet | None = None

    def __enter__(self) -> "OwnLag":
        self._watching = gevent.spawn(self._watch)
        return self

    def __exit__(self, *_: object) -> None:
        if self._watching is not None:
            self._watching.kill(block=False)

    def _watch(self) -> None:
        while True:
            before_ns = clock.now()
            gevent.sleep(_SLEEP_S)
            now_ns = clock.now()
            late_ns = now_ns - before_ns - int(_SLEEP_S * clock.SECOND)
            if late_ns > _WORTH_NS:
                self._late.append((now_ns, late_ns))

    def worst_ms(self, since_ns: int = 0) -> float:
        """The worst since an instant."""
        return max((late for at, late in self._late if at >= since_ns), default=0) / clock.MS


def vouch(finding: Finding, heard: Sequence[Heard], own_ms: float) -> Finding:
    """`finding`, or INVALID where it blames the system for no more time than we or the mock were late."""
    if finding.state != "FAIL" or finding.unit not in _MS:
        return finding
    if not isinstance(finding.value, int | float) or not isinstance(finding.limit, int | float):
        return finding
    over_ms = abs(finding.value - finding.limit) * _MS[finding.unit]
    mock_ms = max((row.lateness_max_us for one in heard for row in one.ledger), default=0) / 1000
    late_ms = max(own_ms, mock_ms)
    if late_ms < over_ms:
        return finding
    whose = "this machine" if own_ms >= mock_ms else "the mock provider"
    return msgspec.structs.replace(
        finding,
        state="INVALID",
        evidence=f"{finding.evidence} But {whose} was up to {late_ms:.0f} ms late meanwhile, enough to "
        f"explain the {over_ms:.0f} ms beyond the limit.",
        fix="Audit again while the machine has less to do.",
    )
