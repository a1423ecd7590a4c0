"""May the numbers of this moment be believed? A light a question, from what load processes say each second.

The verdict of a run is `validity/`'s, over all of it; these are for whoever watches, so that a machine that
is too busy is noticed in its first minute and not after an hour.
"""

from pathlib import Path

import msgspec

from harness.record import HostSample
from harness.summary import Trust

LIMITS = {  # of one second of one process: (valid up to, suspect up to), as the run's own questions have them
    "loop lag": ("loop_lag_p99_ms", 10.0, 25.0),
    "collector": ("gc_max_ms", 5.0, 50.0),
    "CPU": ("cpu", 0.7, 0.9),
    "steal": ("steal", 0.01, float("inf")),
}
_WINDOW_NS = 10_000_000_000


def lights(samples: list[HostSample]) -> dict[str, Trust]:
    """Question -> state, of the worst process and second; empty without samples."""
    if not samples:
        return {}
    return {
        question: _state(max(getattr(sample, column) for sample in samples), valid, suspect)
        for question, (column, valid, suspect) in LIMITS.items()
    }


def _state(value: float, valid: float, suspect: float) -> Trust:
    return "VALID" if value <= valid else "SUSPECT" if value <= suspect else "INVALID"


class HostFiles:
    """The host samples of the last ten seconds, from the growing parts of a run."""

    def __init__(self, parts: Path) -> None:
        self._parts = parts
        self._read: dict[Path, int] = {}
        self._recent: list[HostSample] = []
        self._decode = msgspec.json.Decoder(HostSample).decode

    def recent(self) -> list[HostSample]:
        for path in sorted(self._parts.glob("host-load*.jsonl")):
            self._recent += self._new(path)
        newest = max((sample.t_ns for sample in self._recent), default=0)
        self._recent = [sample for sample in self._recent if sample.t_ns > newest - _WINDOW_NS]
        return self._recent

    def _new(self, path: Path) -> list[HostSample]:
        with path.open("rb") as file:
            file.seek(self._read.get(path, 0))
            whole, newline, _ = file.read().rpartition(b"\n")
        self._read[path] = self._read.get(path, 0) + len(whole) + len(newline)
        return [self._decode(line) for line in whole.split(b"\n") if line]
