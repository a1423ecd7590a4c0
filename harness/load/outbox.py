"""Rows of a load process on their way to the run folder.

Alone, a process appends to its parts at once. As a Locust worker it hands encoded rows to the reports that
Locust sends to the master anyway, numbered, so that the master can tell whether any is missing.
"""

from pathlib import Path

import msgspec

from harness.record import PartWriter

_TABLES = ("streams", "host")


class Outbox:
    """Takes rows; `made` counts them, whatever becomes of them later."""

    def __init__(self, folder: Path | None, process: str, ships: bool) -> None:
        self.made = 0
        self._encode = msgspec.json.Encoder().encode
        self._ships = ships
        self._waiting: dict[str, list[bytes]] = {table: [] for table in _TABLES}
        self._sequence = 0
        self._writers: dict[str, PartWriter] = {}
        if folder is not None and not ships:
            self._writers = {table: PartWriter(folder, table, process) for table in _TABLES}

    def put(self, table: str, row: msgspec.Struct) -> None:
        self.made += table == "streams"
        if self._ships:
            self._waiting[table].append(self._encode(row))
        elif table in self._writers:
            self._writers[table].write(row)

    def parcel(self) -> dict[str, object]:
        """Everything not yet shipped, for one report to the master."""
        self._sequence += 1
        rows, self._waiting = self._waiting, {table: [] for table in _TABLES}
        return {"seq": self._sequence, "made": self.made, "rows": rows}

    def flush(self) -> None:
        for writer in self._writers.values():
            writer.flush()

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()


class Inbox:
    """The master's side: parcels become parts, one a worker, and gaps are counted."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.expected: dict[str, int] = {}  # rows made, by worker
        self.received: dict[str, int] = {}
        self.gaps = 0  # parcels that never came
        self._sequence: dict[str, int] = {}

    def take(self, worker: str, parcel: dict[str, object]) -> list[bytes]:
        """Write a worker's parcel; returns its stream rows for the live view."""
        sequence, made, rows = parcel["seq"], parcel["made"], parcel["rows"]
        assert isinstance(sequence, int)
        assert isinstance(made, int)
        assert isinstance(rows, dict)
        self.gaps += max(0, sequence - self._sequence.get(worker, 0) - 1)
        self._sequence[worker] = sequence
        self.expected[worker] = made
        self.received[worker] = self.received.get(worker, 0) + len(rows["streams"])
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            for table, lines in rows.items():
                if lines:
                    with (self._folder / f"{table}-{worker}.jsonl").open("ab") as file:
                        file.write(b"".join(line + b"\n" for line in lines))
        streams: list[bytes] = rows["streams"]
        return streams
