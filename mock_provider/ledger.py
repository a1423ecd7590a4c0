"""The provider's book: a row per attempt, on disk as soon as the attempt is over."""

from pathlib import Path

from harness.record import LedgerRow, PartWriter


class Ledger:
    """Counts what is written; without a folder it only counts."""

    def __init__(self, folder: Path | None, process: str) -> None:
        self._part = PartWriter(folder, "ledger", process) if folder is not None else None
        self.rows = 0
        self.ended_by: dict[str, int] = {}
        self.tokens = 0

    def write(self, row: LedgerRow) -> None:
        self.rows += 1
        self.tokens += row.emitted_tokens
        self.ended_by[row.ended_by] = self.ended_by.get(row.ended_by, 0) + 1
        if self._part is not None:
            self._part.write(row)
            # Flushed by the row: a killed provider loses its open attempts, never a finished one.
            self._part.flush()

    def close(self) -> None:
        if self._part is not None:
            self._part.close()
