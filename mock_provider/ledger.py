"""The provider's book: a row per attempt, on disk as soon as the attempt is over."""

from pathlib import Path

from harness.record import LedgerRow, PartWriter

_PAGE = 1 << 20  # bytes of a part that one look returns at most


class Ledger:
    """Writes this worker's part; without a folder it writes nothing, a brief one only of ordered streams."""

    def __init__(self, folder: Path | None, process: str, brief: bool = False) -> None:
        self.folder, self._brief, self._process = folder, brief, process
        self._part = PartWriter(folder, "ledger", process) if folder is not None and not brief else None

    def write(self, row: LedgerRow, ordered: bool = False) -> None:
        if ordered and self._part is None and self.folder is not None:
            self._part = PartWriter(self.folder, "ledger", self._process)
        if self._part is not None and (ordered or not self._brief):
            self._part.write(row)
            # Flushed by the row: a killed provider loses its open attempts, never a finished one.
            self._part.flush()

    def close(self) -> None:
        if self._part is not None:
            self._part.close()


def read_after(folder: Path, cursor: str) -> tuple[list[bytes], str]:
    """(rows as JSON lines that came after `cursor`, the cursor for the next look), over all parts.

    A cursor is `part:offset` joined by commas; empty reads from the beginning, `end` skips what there is.
    Raises ValueError for another text.
    """
    if cursor == "end":
        parts = sorted(folder.glob("ledger-*.jsonl"))
        return [], ",".join(f"{path.stem}:{_last_row_ends(path)}" for path in parts)
    offsets = {name: int(at) for name, at in (item.split(":") for item in cursor.split(",") if item)}
    rows: list[bytes] = []
    for path in sorted(folder.glob("ledger-*.jsonl")):
        with path.open("rb") as part:
            part.seek(offsets.get(path.stem, 0))
            page = part.read(_PAGE)
        whole = page[: page.rfind(b"\n") + 1]  # a row that is being written waits for the next look
        offsets[path.stem] = offsets.get(path.stem, 0) + len(whole)
        rows += whole.splitlines()
    return rows, ",".join(f"{name}:{at}" for name, at in sorted(offsets.items()))


def _last_row_ends(path: Path) -> int:
    """Where the last whole row ends; one that is being written comes after it."""
    with path.open("rb") as part:
        start = max(0, part.seek(0, 2) - _PAGE)
        part.seek(start)
        return start + part.read().rfind(b"\n") + 1
