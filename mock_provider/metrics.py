"""What one worker has done, counted, in the text format that Prometheus scrapes."""

import numpy as np

from harness.record import LedgerRow

LATENESS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000)


class Counters:
    """Fed with ledger rows; every sample is counted."""

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self.rows = 0
        self.tokens = 0
        self.wasted = 0
        self.ended_by: dict[str, int] = {}
        self.statuses: dict[int, int] = {}
        self.faults: dict[str, int] = {}
        self._late = np.zeros(len(LATENESS_MS) + 1, dtype=np.int64)
        self._late_ms = 0.0

    def add(self, row: LedgerRow) -> None:
        self.rows += 1
        self.tokens += row.emitted_tokens
        self.wasted += row.wasted_tokens
        self.ended_by[row.ended_by] = self.ended_by.get(row.ended_by, 0) + 1
        self.statuses[row.status] = self.statuses.get(row.status, 0) + 1
        if row.fault:
            fault = row.fault.partition("@")[0].partition(":")[0]
            self.faults[fault] = self.faults.get(fault, 0) + 1
        if row.late_us:
            late_ms = np.frombuffer(row.late_us, "<i4") / 1000
            self._late += np.bincount(np.searchsorted(LATENESS_MS, late_ms), minlength=len(self._late))
            self._late_ms += float(late_ms.sum())

    def lateness_ms(self, share: float) -> float:
        """The bound below which `share` of all emissions were late; infinite above the last bucket."""
        total = int(self._late.sum())
        if not total:
            return 0.0
        bucket = int(np.searchsorted(np.cumsum(self._late), share * total))
        return float(LATENESS_MS[bucket]) if bucket < len(LATENESS_MS) else float("inf")

    def text(self, open_attempts: int) -> str:
        """The exposition, one family after the other."""
        worker = f'worker="{self._worker}"'
        lines = [
            *_family("mock_attempts_total", "counter", "Attempts that are over, by who ended them."),
            *(f'mock_attempts_total{{{worker},ended_by="{by}"}} {n}' for by, n in self.ended_by.items()),
            *_family("mock_responses_total", "counter", "Attempts that are over, by HTTP status."),
            *(f'mock_responses_total{{{worker},status="{at}"}} {n}' for at, n in self.statuses.items()),
            *_family("mock_faults_total", "counter", "Faults played."),
            *(f'mock_faults_total{{{worker},fault="{id}"}} {n}' for id, n in self.faults.items()),
            *_family("mock_tokens_total", "counter", "Tokens written."),
            f"mock_tokens_total{{{worker}}} {self.tokens}",
            *_family("mock_wasted_tokens_total", "counter", "Tokens generated after the peer had left."),
            f"mock_wasted_tokens_total{{{worker}}} {self.wasted}",
            *_family("mock_open_attempts", "gauge", "Attempts being answered."),
            f"mock_open_attempts{{{worker}}} {open_attempts}",
            *_family("mock_pacing_lateness_ms", "histogram", "Emissions behind their planned instant."),
        ]
        bounds = [*map(str, LATENESS_MS), "+Inf"]
        lines += [
            f'mock_pacing_lateness_ms_bucket{{{worker},le="{bound}"}} {n}'
            for bound, n in zip(bounds, np.cumsum(self._late), strict=True)
        ]
        lines.append(f"mock_pacing_lateness_ms_sum{{{worker}}} {self._late_ms:.3f}")
        lines.append(f"mock_pacing_lateness_ms_count{{{worker}}} {int(self._late.sum())}")
        return "\n".join(lines) + "\n"


def _family(name: str, kind: str, text: str) -> tuple[str, str]:
    return f"# HELP {name} {text}", f"# TYPE {name} {kind}"
