"""What the parts of a stack use, a row a second each, beside the rows of the load processes."""

from collections.abc import Sequence
from pathlib import Path

from harness import clock
from harness.record import HostSample, PartWriter
from harness.stack.part import Part
from harness.stack.usage import Usage, usage


class Meter:
    """Looked at as often as its owner likes; writes once a second."""

    def __init__(self, parts_folder: Path) -> None:
        self._folder = parts_folder
        self._writer: PartWriter | None = None
        self._last: dict[str, Usage] = {}
        self._at_ns = 0

    def look(self, parts: Sequence[Part]) -> None:
        now_ns = clock.now()
        elapsed_s = (now_ns - self._at_ns) / clock.SECOND
        if elapsed_s < 1:
            return
        if self._writer is None:
            self._writer = PartWriter(self._folder, "host", "stack")
        for part in parts:
            used, before = usage(part.pid), self._last.get(part.name)
            self._last[part.name] = used
            if before is not None:
                sample = HostSample(
                    t_ns=now_ns,
                    process=part.name,
                    cpu=max(0.0, used.cpu_s - before.cpu_s) / elapsed_s,
                    rss_mb=used.rss_mb,
                    descriptors=used.descriptors,
                )
                self._writer.write(sample)
        self._writer.flush()
        self._at_ns = now_ns

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
