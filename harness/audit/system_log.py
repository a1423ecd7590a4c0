"""The system's own log, read on as it grows, and its words put under our names."""

from pathlib import Path
from typing import Any

import msgspec

from harness.audit.wording import answer_id
from harness.plan.audited import Log

_TIMES = {"ttft": "ttft_ms", "total": "total_ms"}
_OTHERS = ("status", "outcome", "tokens", "input_tokens", "tokens_per_s")


class SystemLog:
    """Lines that came since the audit began; a line that is being written waits for the next look."""

    def __init__(self, log: Log) -> None:
        self._log, self._path = log, Path(log.path)
        self._at = self._path.stat().st_size if self._path.exists() else 0
        self._lines: dict[str, dict[str, Any]] = {}

    def line(self, stream: int) -> dict[str, Any] | None:
        """The last line about a stream; None while there is none."""
        self._look()
        found = self._lines.get(answer_id(stream)) or self._lines.get(str(stream))
        return said(found, self._log) if found is not None else None

    def _look(self) -> None:
        try:
            with self._path.open("rb") as file:
                if file.seek(0, 2) < self._at:
                    self._at = 0  # it was rotated
                file.seek(self._at)
                fresh = file.read()
        except OSError:
            return  # it may come with the first line
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._at += len(whole)
        for text in whole.splitlines():
            try:
                line = msgspec.json.decode(text)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue  # other things may be logged too
            if isinstance(line, dict):
                for name in (self._log.stream, "sid"):
                    if (id := _value(line, name)) is not None:
                        self._lines[str(id)] = line


def said(line: dict[str, Any], log: Log) -> dict[str, Any]:
    """What `line` says under our names, times in ms; what it does not say is left out."""
    scale = 1000 if log.times_in == "s" else 1
    found: dict[str, Any] = {}
    for name in _OTHERS:
        if (value := _value(line, getattr(log, name))) is not None:
            found[name] = value
    for name, ours in _TIMES.items():
        value = _value(line, getattr(log, name))
        if isinstance(value, int | float):
            found[ours] = value * scale
    return found


def _value(line: dict[str, Any], name: str) -> Any:
    """What stands at `name`, itself or along its dots."""
    if name in line:
        return line[name]
    value: Any = line
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
