"""The gateway's log: one JSON line for each question, however it ended."""

import logging
import os
from datetime import UTC, datetime

import msgspec

from gateway.note import Note


def line(note: Note) -> dict[str, object]:
    """What the log says of a question that is over. Milliseconds since the question had arrived."""
    return {
        "stream": note.stream,
        "sid": note.sid,
        "endpoint": note.endpoint,
        "model": note.model,
        "status": note.status,
        "outcome": note.outcome,
        "ttft_ms": _ms(note.ttft_s),
        "total_ms": _ms(note.total_s),
        "tokens": note.tokens,
        "input_tokens": None if note.usage is None else note.usage.input_tokens,
        "tokens_per_s": None if note.tokens_per_s is None else round(note.tokens_per_s, 2),
        "attempts": note.attempts,
        "queued_ms": _ms(note.queued_s),
    }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)


class Log:
    """Appends lines to a file; without a path it is silent. A line is one write, so that several processes
    can share a file and a reader never sees half of one."""

    def __init__(self, path: str) -> None:
        """Raises OSError where `path` cannot be written."""
        self._file: int | None = None
        self.lost = 0  # lines
        if path:
            try:
                self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            except OSError as error:
                raise OSError(f"the log {path} cannot be written: {error.strerror}") from error

    def write(self, fields: dict[str, object]) -> None:
        if self._file is None:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        try:
            os.write(self._file, msgspec.json.encode({"t": now, **fields}) + b"\n")
        except OSError as error:  # a full disk must cost no user an answer
            self.lost += 1
            if self.lost == 1:
                logging.warning("the log cannot be written any more: %s", error.strerror)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
